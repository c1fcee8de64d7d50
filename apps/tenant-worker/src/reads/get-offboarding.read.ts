import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';

type GetOffboarding = ReadHandlers<typeof tenantContract, TenantTx>['getOffboarding'];

export const getOffboarding: GetOffboarding = async ({ tenantId, tx }) => {
  const row = await tx.offboarding.findUnique({ where: { tenantId } });
  if (!row) throw failure('NotFound', 'nobody has begun to offboard the tenant');
  const { operationId, beganAt, removalAt } = row;
  return { operationId, beganAt: beganAt.toISOString(), removalAt: removalAt.toISOString() };
};
