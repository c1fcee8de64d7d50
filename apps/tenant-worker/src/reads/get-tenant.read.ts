import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';

type GetTenant = ReadHandlers<typeof tenantContract, TenantTx>['getTenant'];

export const getTenant: GetTenant = async ({ tenantId, tx }) => {
  const row = await tx.tenant.findUnique({ where: { tenantId } });
  if (!row) throw failure('NotFound', 'no such tenant');
  const { createdAt, activatedAt, slug, name, plan, status } = row;
  return tenantContract.reads.getTenant.output.parse({
    tenantId,
    slug,
    name,
    plan,
    status,
    createdAt: createdAt.toISOString(),
    ...(activatedAt ? { activatedAt: activatedAt.toISOString() } : {}),
  });
};
