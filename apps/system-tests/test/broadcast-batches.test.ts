import { randomUUID } from 'node:crypto';
import { formatOperationId } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import { connectTestServices } from '@adx/testing';
import type { ConnectedServices } from '@adx/testing';
import { MockActivityEnvironment } from '@temporalio/testing';

// Batches of a broadcast that come twice, late, or in other pages than before: steps of their own, as after a reset.

const tenantId = randomUUID();
const ada = randomUUID();
let parts: ConnectedServices;
let owner: string;
beforeAll(async () => {
  parts = await connectTestServices();
  const { superuser } = parts.database;
  await superuser.query(`insert into notification.access_tenant (tenant_id, status) values ($1, 'active')`, [tenantId]);
  await superuser.query(
    `insert into notification.access_member (tenant_id, subject, roles) values ($1, $2, '{owner}')`,
    [tenantId, ada],
  );
  owner = await parts.keys.signer.sign({ sub: ada, kind: 'user', tenantId, roles: [] });
});
afterAll(() => parts?.stop());

/** Opens a broadcast. @returns what runs a step of it, each under another name */
async function open() {
  const operationId = formatOperationId({ tenantId, workflowType: 'broadcast', key: randomUUID() });
  const run = async (activity: string, input: Json, step: string = randomUUID()) => {
    const call = { operationId, principal: owner, executionKey: `${operationId}/run`, step };
    const attempt = parts.services.notification.activities[activity]!;
    const output: unknown = await new MockActivityEnvironment().run(attempt, input, call);
    return output as Record<string, Json>;
  };
  await run('openBroadcast', { subject: 'News', body: 'For all of you.', channels: ['in-app', 'email'] });
  const rows = async (sql: string) => (await parts.database.superuser.query(sql, [operationId])).rows as object[];
  return {
    batch: (userIds: readonly string[], step?: string) =>
      run('broadcastBatch', { userIds: [...userIds], next: null }, step),
    setAside: (userIds: readonly string[]) => run('setBroadcastBatchAside', { userIds: [...userIds], next: null }),
    close: () => run('closeBroadcast', { ending: 'finished' }),
    left: async () => ({
      messages: await rows(
        `select n.user_id as "userId" from notification.broadcast b
           join notification.notification n using (tenant_id, broadcast_id) where operation_id = $1 order by 1`,
      ),
      failures: await rows(
        `select f.user_id as "userId", reason from notification.broadcast b
           join notification.broadcast_failure f using (tenant_id, broadcast_id) where operation_id = $1 order by 1`,
      ),
      deliveries: (
        await rows(
          `select 1 from notification.outbox o join notification.notification n
             on n.tenant_id = o.tenant_id and o.payload -> 'input' ->> 'notificationId' = n.notification_id::text
             join notification.broadcast b on b.tenant_id = n.tenant_id and b.broadcast_id = n.broadcast_id
             where b.operation_id = $1`,
        )
      ).length,
    }),
  };
}
const people = (count: number) => Array.from({ length: count }, () => randomUUID()).toSorted();
const messagesTo = (userIds: readonly string[]) => userIds.map((userId) => ({ userId }));

test('in other pages than before, each recipient has one message and one mail', async () => {
  const { batch, close, left } = await open();
  const all = people(5);
  expect(await batch(all.slice(0, 3))).toEqual({ processed: 3, failed: 0, cursor: null });
  expect(await batch(all.slice(1, 5))).toEqual({ processed: 4, failed: 0, cursor: null });
  expect(await left()).toEqual({ messages: messagesTo(all), failures: [], deliveries: 5 });
  expect(await close()).toEqual({ total: 5, processed: 5, sent: 5, failed: 0 });
});

test('a batch that comes after it was set aside writes to nobody', async () => {
  const { batch, setAside, close, left } = await open();
  const all = people(3);
  expect(await setAside(all)).toEqual({ processed: 3, failed: 3, cursor: null });
  expect(await batch(all)).toEqual({ processed: 3, failed: 3, cursor: null });
  const failures = all.map((userId) => ({ userId, reason: 'BatchFailed' }));
  expect(await left()).toEqual({ messages: [], failures, deliveries: 0 });
  expect(await close()).toEqual({ total: 3, processed: 3, sent: 0, failed: 3 });
});

test('a batch that has committed is not set aside, and the two at once are one after the other', async () => {
  const { batch, setAside, close, left } = await open();
  const all = people(50);
  const [written, refused] = await Promise.all([batch(all), setAside(all)]);
  // Whichever was first: both say the same.
  expect(written).toEqual(refused);
  const { messages, failures } = await left();
  expect([messages.length, failures.length].toSorted((a, b) => a - b)).toEqual([0, 50]);
  const { processed, sent, failed } = await close();
  expect([processed, Number(sent) + Number(failed)]).toEqual([50, 50]);
});

test('after the closing there is no batch any more', async () => {
  const { batch, setAside, close, left } = await open();
  await close();
  for (const late of [batch, setAside]) {
    await expect(late(people(1))).rejects.toMatchObject({ type: 'notification.BroadcastClosed', nonRetryable: true });
  }
  expect(await left()).toEqual({ messages: [], failures: [], deliveries: 0 });
});
