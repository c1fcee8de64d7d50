import { randomUUID } from 'node:crypto';
import { createOperations } from '@adx/operations';
import { tenantContract } from '@adx/tenant-contract';
import type { MatrixProcess } from './matrix-run.ts';
import { operatorPrincipal } from './onboarding.ts';
import type { TestPlatform } from './test-platform.ts';

/** Starts a suspension or a resumption as the gateway does, for an operator. */
export async function startTenantStatusChange(
  platform: TestPlatform,
  process: 'suspendTenant' | 'resumeTenant',
  { tenantId, boundsScale = 0.05 }: { readonly tenantId: string; readonly boundsScale?: number | undefined },
): Promise<MatrixProcess> {
  const { operationId } = await createOperations({ client: platform.client, boundsScale }).start(
    tenantContract.workflows[process],
    {
      input: {},
      tenantId,
      subject: 'an operator',
      principal: await operatorPrincipal(platform, tenantId),
      idempotencyKey: randomUUID(),
    },
  );
  return { operationId, tenantId };
}
