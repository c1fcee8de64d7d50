import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  implementContract,
  withPrincipal,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { AnyWorkflowDefinition, Bound, In, PrincipalClaims } from '@adx/contract-kit';
import { waitUntil } from '@adx/local-parts';
import { connectDatabase } from '@adx/persistence';
import { createLogger } from '@adx/telemetry';
import { createFaultPlan, projected, startOnboarding, startTestPlatform } from '@adx/testing';
import type { Onboarding, TestPlatform } from '@adx/testing';
import { bundleWorkflows } from '@adx/workflow-bundle';
import { NativeConnection, Worker } from '@temporalio/worker';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a test: the real generated client, and only services have one
import { PrismaClient } from '../../../user-worker/generated/prisma/client.ts';
// eslint-disable-next-line @nx/enforce-module-boundaries -- as above
import type { Prisma } from '../../../user-worker/generated/prisma/client.ts';
import { probeContract } from './probe.contract.ts';

// A tenant is suspended in one service, and a process that runs in another one stops at its next effect.

const notes = implementContract(probeContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withTransaction<Prisma.TransactionClient>())
  .handlers({
    addNote: {
      run: async ({ input, tenantId, tx }) => {
        await tx.user.create({ data: { tenantId, userId: randomUUID(), email: input.note, role: 'member' } });
        return {};
      },
      undo: async ({ input, tx }) => void (await tx.user.deleteMany({ where: { email: input.note } })),
    },
  });

let platform: TestPlatform;
const faults = createFaultPlan();
const open = new AsyncDisposableStack();
beforeAll(async () => {
  platform = await startTestPlatform();
  open.defer(() => platform.stop());
  const database = connectDatabase<Prisma.TransactionClient>({
    url: platform.database.url('user'),
    schema: 'user',
    createClient: (prisma) => new PrismaClient(prisma),
    faults,
  });
  open.defer(() => database.close());
  const connection = await NativeConnection.connect({ address: platform.temporalAddress });
  open.defer(() => connection.close());
  const { code } = await bundleWorkflows({ workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)) });
  const logger = createLogger({ service: 'probe', level: 'info', destination: { write: () => undefined } });
  const worker = await Worker.create({
    connection,
    taskQueue: probeContract.taskQueue,
    workflowBundle: { code },
    dataConverter: platform.encryption.dataConverter,
    activities: { ...notes.bind({ ledger: database.ledger, verifier: platform.keys.verifier, logger }) },
  });
  const running = worker.run();
  open.defer(async () => {
    faults.set();
    worker.shutdown();
    await running;
  });
});
afterAll(() => open.disposeAsync());

async function start<D extends AnyWorkflowDefinition & Bound>(
  definition: D,
  input: In<D>,
  who: Pick<PrincipalClaims, 'sub' | 'kind' | 'tenantId' | 'roles'>,
): Promise<string> {
  const { operationId } = await platform.operations.start(definition, {
    input,
    tenantId: who.tenantId,
    subject: who.sub,
    principal: await platform.keys.signer.sign(who),
    idempotencyKey: randomUUID(),
  });
  return operationId;
}

async function onboarded(): Promise<Onboarding & { readonly ownerId: string }> {
  const onboarding = await startOnboarding(platform, { ownerEmail: `ada-${randomUUID()}@acme.example` });
  expect(await platform.operations.ended(onboarding.operationId, 60_000)).toBe(true);
  await projected(platform.database, onboarding.tenantId);
  const { rows } = await platform.database.superuser.query<{ owner_id: string }>(
    'select owner_id from tenant.tenant where tenant_id = $1',
    [onboarding.tenantId],
  );
  return { ...onboarding, ownerId: rows[0]!.owner_id };
}

async function changeStatus(tenantId: string, status: 'active' | 'suspended') {
  const operator = { sub: 'an operator', kind: 'operator', tenantId, roles: ['operator'] } as const;
  const operationId = await start(probeContract.workflows.changeStatus, { status }, operator);
  await platform.operations.ended(operationId, 60_000);
  await projected(platform.database, tenantId);
  return (await platform.operations.get(operationId))?.status;
}

async function accessOf(tenantId: string) {
  const { rows } = await platform.database.superuser.query<{ statuses: string[]; members: number }>(
    `select array_agg(status) as statuses, (
       select count(*)::int from (
         select 1 from tenant.access_member where tenant_id = $1 union all
         select 1 from "user".access_member where tenant_id = $1 union all
         select 1 from notification.access_member where tenant_id = $1) m) as members
     from (select status from tenant.access_tenant where tenant_id = $1 union all
           select status from "user".access_tenant where tenant_id = $1 union all
           select status from notification.access_tenant where tenant_id = $1) t`,
    [tenantId],
  );
  return rows[0]!;
}

test('an onboarding opens the tenant, and makes its owner a member, in every service', async () => {
  const { tenantId } = await onboarded();
  expect(await accessOf(tenantId)).toEqual({ statuses: ['active', 'active', 'active'], members: 3 });
});

test('a suspension stops a running process at its next effect, and what it did before is undone', async () => {
  const { tenantId, ownerId } = await onboarded();
  const owner = { sub: ownerId, kind: 'user', tenantId, roles: ['owner'] } as const;
  // Every attempt, as the suspension may take longer than one on a busy machine.
  faults.set({ activity: 'addNote', point: 'before-transaction', action: { kind: 'hang' }, skip: 1 });
  const operationId = await start(probeContract.workflows.addTwoNotes, {}, owner);
  expect(await waitUntil(() => faults.fired()[0]! > 0 || undefined, { within: 60_000 })).toBe(true);
  expect(await changeStatus(tenantId, 'suspended')).toBe('completed');
  expect((await accessOf(tenantId)).statuses).toEqual(['suspended', 'suspended', 'suspended']);
  faults.set();
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  const view = await platform.operations.get(operationId);
  expect(view).toMatchObject({ status: 'compensated', error: { type: 'TenantAccessDenied' } });
  const left = await platform.database.superuser.query(
    `select email from "user".app_user where tenant_id = $1 and email in ('first', 'second')`,
    [tenantId],
  );
  expect(left.rows).toEqual([]);

  expect(await changeStatus(tenantId, 'active')).toBe('completed');
  const again = await start(probeContract.workflows.addTwoNotes, {}, owner);
  expect(await platform.operations.ended(again, 60_000)).toBe(true);
  expect((await platform.operations.get(again))?.status).toBe('completed');
});

test('a member whose row is still on its way is tried again, and then may', async () => {
  const { tenantId } = await onboarded();
  const late = { sub: randomUUID(), kind: 'user', tenantId, roles: ['owner'] } as const;
  const operationId = await start(probeContract.workflows.addTwoNotes, {}, late);
  await waitUntil(
    async () => {
      const { rowCount } = await platform.database.superuser.query(
        `select 1 from "user".step_ledger where operation_id = $1`,
        [operationId],
      );
      return rowCount === 0 || undefined;
    },
    { within: 1_000 },
  );
  await platform.database.superuser.query(
    `insert into "user".access_member (tenant_id, subject, roles) values ($1, $2, '{owner}')`,
    [tenantId, late.sub],
  );
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  expect((await platform.operations.get(operationId))?.status).toBe('completed');
});

test('a tenant that is not active yet cannot be suspended', async () => {
  platform.faults.set({ activity: 'activateTenant', point: 'before-transaction', action: { kind: 'hang' } });
  const { tenantId, operationId } = await startOnboarding(platform);
  expect(await waitUntil(() => platform.faults.fired()[0]! > 0 || undefined, { within: 60_000 })).toBe(true);
  expect(await changeStatus(tenantId, 'suspended')).toBe('compensated');
  platform.faults.set();
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
});
