import { randomUUID } from 'node:crypto';
import type { Operations } from '@adx/operations';
import { ImportId, userContract } from '@adx/user-contract';
import type { OpenTenant } from './onboarding.ts';
import type { TestPlatform } from './test-platform.ts';

/** One import under test. */
export interface StartedImport {
  readonly operationId: string;
  readonly tenantId: string;
  readonly importId: string;
}

/** Uploads NDJSON to the owner of users and starts the import, as the gateway does. */
export async function importFile(
  platform: TestPlatform,
  operations: Operations,
  { tenantId, ownerId }: OpenTenant,
  rows: readonly object[],
): Promise<StartedImport> {
  const importId = ImportId.parse(randomUUID());
  const principal = await platform.keys.signer.sign({ sub: ownerId, kind: 'user', tenantId, roles: ['owner'] });
  const url = new URL(`/internal/uploads/${userContract.uploads.stageUserImport.name}`, platform.adminUrl('user'));
  url.searchParams.set('input', JSON.stringify({ importId }));
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${principal}`, 'content-type': 'application/x-ndjson' },
    body: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  });
  if (!response.ok) throw new Error(`the upload was answered with ${response.status}: ${await response.text()}`);
  const { operationId } = await operations.start(userContract.workflows.importUsers, {
    input: { importId },
    principal,
    subject: ownerId,
    tenantId,
    idempotencyKey: randomUUID(),
  });
  return { operationId, tenantId, importId };
}
