import { NO_TENANT } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import { openTenant, operatorPrincipal, unique } from '@adx/testing';
import type { Fault, TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import { ended, until } from './lived.ts';
import type { Lived, Recorded } from './lived.ts';

const { maintain } = userContract.workflows;

/** A task of a service, as its schedule starts it. */
export const maintainHistories: Recorded = {
  app: 'user-worker',
  behaviours: {
    completed: (platform) => reconciled(platform),
    'failed-with-attempts-used-up': (platform) =>
      reconciled(platform, { activity: 'runMaintenance', point: 'before-transaction', action: { kind: 'error' } }),
  },
};

/** A finding, and how it comes to its end. */
export const findingHistories: Recorded = {
  app: 'user-worker',
  behaviours: {
    'repaired-and-looked-at-again': async (platform) => {
      const finding = await found(platform);
      await answer(platform, finding, 'retry');
      await platform.database.superuser.query(`delete from "user".step_ledger where step = 'planted'`);
      await reconciled(platform);
      return ended(platform, finding);
    },
    'left-as-it-is': async (platform) => {
      const finding = await found(platform);
      await answer(platform, finding, 'skip');
      return ended(platform, finding);
    },
  },
};

async function reconciled(platform: TestPlatform, fault?: Fault): Promise<Lived> {
  platform.faults.set(...(fault ? [fault] : []));
  const claims = { sub: 'user', kind: 'service', tenantId: NO_TENANT, roles: [] } as const;
  // Waits are cut short: an attempt that fails is made again after 10 s.
  const one = await createOperations({ client: platform.client, boundsScale: 0.01 }).start(maintain, {
    input: { task: 'reconciliation' },
    principal: await platform.keys.serviceSigner('user').sign(claims),
    subject: 'user',
    tenantId: NO_TENANT,
    idempotencyKey: unique('history'),
  });
  return ended(platform, one);
}

/** A step that has begun a call and never ended it, of an operation that nobody knows. */
async function found(platform: TestPlatform): Promise<Lived> {
  const { tenantId } = await openTenant(platform);
  await platform.database.superuser.query(
    `insert into "user".step_ledger
       (tenant_id, execution_key, step, operation_id, activity, state, attempt, lease_until)
       values ($1, $2 || '/run', 'planted', $2, 'planted', 'started', 1, now() - interval '1 day')`,
    [tenantId, `${tenantId}:inviteUser:planted`],
  );
  await reconciled(platform);
  const open = async () => (await platform.operations.list({ status: 'needs-attention', limit: 50 })).operations;
  const find = async () => (await open()).find(({ type }) => type === 'followFinding');
  await until(async () => (await find()) !== undefined);
  return { operationId: (await find())!.operationId };
}

async function answer(platform: TestPlatform, { operationId }: Lived, action: 'retry' | 'skip'): Promise<void> {
  await platform.operations.resolve(operationId, {
    resolution: { step: 'confirmRepair', action, reason: 'looked into', fingerprint: action },
    call: { operationId, principal: await operatorPrincipal(platform, NO_TENANT) },
    updateId: unique(action),
  });
}
