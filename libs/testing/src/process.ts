import { randomUUID } from 'node:crypto';
import type { AnyWorkflowDefinition, Bound, In } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import type { TestPlatform } from './test-platform.ts';

/** One process under test. */
export interface Process {
  readonly operationId: string;
  readonly tenantId: string;
}

/** Starts a process as the gateway does, for a user of a tenant. */
export async function startProcessAs<D extends AnyWorkflowDefinition & Bound>(
  { client, keys }: TestPlatform,
  who: { readonly tenantId: string; readonly userId: string; readonly boundsScale?: number },
  definition: D,
  input: In<D>,
): Promise<Process> {
  const { tenantId, userId, boundsScale } = who;
  const { operationId } = await createOperations({
    client,
    ...(boundsScale === undefined ? {} : { boundsScale }),
  }).start(definition, {
    input,
    tenantId,
    subject: userId,
    principal: await keys.signer.sign({ sub: userId, kind: 'user', tenantId, roles: [] }),
    idempotencyKey: randomUUID(),
  });
  return { operationId, tenantId };
}
