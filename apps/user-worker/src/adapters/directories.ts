import type { Directory } from '../domain/directory-host.ts';
import type { UserTx } from './database.ts';

/** A directory of a tenant and the operation that is at it. */
interface Place {
  readonly tenantId: string;
  readonly directoryId: string;
  readonly operationId: string;
}

/** Undefined when the tenant has none of this id. */
export async function findDirectory(
  tx: UserTx,
  { tenantId, directoryId }: Pick<Place, 'tenantId' | 'directoryId'>,
): Promise<Directory | undefined> {
  const row = await tx.directory.findFirst({ where: { tenantId, directoryId } });
  return row ? { directoryId, url: row.url, secretName: row.secretName } : undefined;
}

/**
 * Gives a directory to an operation, unless another one has it. What the sync before did can no longer be undone.
 *
 * @returns the operation that has it; undefined when there is no such directory
 */
export async function takeDirectory(tx: UserTx, place: Place): Promise<string | undefined> {
  const { tenantId, directoryId, operationId } = place;
  const rows = (await tx.$queryRaw`
    update directory set synced_by = coalesce(synced_by, ${operationId})
      where tenant_id = ${tenantId}::uuid and directory_id = ${directoryId}::uuid
      returning synced_by as "syncedBy"`) as readonly { readonly syncedBy: string }[];
  const syncedBy = rows[0]?.syncedBy;
  if (syncedBy === operationId) {
    await tx.directorySyncChange.deleteMany({ where: { tenantId, directoryId, operationId: { not: operationId } } });
  }
  return syncedBy;
}

/** Nobody is at the directory any more, if it was this operation. */
export async function releaseDirectory(tx: UserTx, { tenantId, directoryId, operationId }: Place): Promise<void> {
  await tx.directory.updateMany({
    where: { tenantId, directoryId, syncedBy: operationId },
    data: { syncedBy: null },
  });
}
