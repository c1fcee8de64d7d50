import { projected, startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { waitUntil } from '@adx/local-parts';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a test of the command, which nothing else imports
import { handleDeadLetter, listDeadLetters } from '../../../tools/dev-stack/src/dead-letters.command.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());

/** An onboarded tenant, and a way to make its next event one that nobody has a handler for. */
async function onboarded(): Promise<string> {
  const { operationId, tenantId } = await startOnboarding(platform);
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  await projected(platform.database, tenantId);
  return tenantId;
}

async function tell(tenantId: string, type: string, payload: unknown): Promise<void> {
  const teller = await platform.database.superuser.connect();
  try {
    await teller.query('begin');
    await teller.query(`select set_config('adx.tenant_id', $1, true)`, [tenantId]);
    const row = { eventId: crypto.randomUUID(), kind: 'event', target: 'service/user', aggregate: 'tenant' };
    const rows = JSON.stringify([{ ...row, payload: { type, payload } }]);
    await teller.query('select tenant.put_outbox($1)', [rows]);
    await teller.query('commit');
  } finally {
    teller.release();
  }
}

const deadIn = (tenantId: string) =>
  waitUntil(
    async () => {
      const letters = await listDeadLetters(platform.database.superuser, 'user');
      return letters.find(({ id }) => id.startsWith(`user/in/${tenantId}/`));
    },
    { within: 60_000 },
  );

async function statusIn(tenantId: string): Promise<string> {
  const { rows } = await platform.database.superuser.query<{ status: string }>(
    'select status from "user".access_tenant where tenant_id = $1',
    [tenantId],
  );
  return rows[0]!.status;
}

test('an event that nobody handles is dead, says why, and holds its aggregate back until it is discarded', async () => {
  const tenantId = await onboarded();
  await tell(tenantId, 'tenant.nobodyKnows', {});
  await tell(tenantId, 'tenant.tenantAccessChanged', { status: 'suspended', version: 2 });
  const letter = await deadIn(tenantId);
  expect(letter).toMatchObject({
    what: 'tenant.nobodyKnows',
    error: 'NotFound: user has no handler for tenant.nobodyKnows',
  });
  expect(await statusIn(tenantId)).toBe('active');

  const pool = platform.database.superuser;
  expect(await handleDeadLetter(pool, 'requeue', letter!.id)).toBe(true);
  // The cause is not mended, so it dies again.
  expect((await deadIn(tenantId))?.id).toBe(letter!.id);
  expect(await handleDeadLetter(pool, 'discard', letter!.id)).toBe(true);
  const suspended = async () => (await statusIn(tenantId)) === 'suspended' || undefined;
  expect(await waitUntil(suspended, { within: 60_000 })).toBe(true);
  expect(await handleDeadLetter(pool, 'discard', letter!.id)).toBe(false);
  expect(await listDeadLetters(pool, 'user')).toEqual([]);
});

test('a dead row of an outbox is listed, requeued and delivered', async () => {
  const tenantId = await onboarded();
  const pool = platform.database.superuser;
  // As after ten failures, before any relay can take it.
  await pool.query(`alter table tenant.outbox alter column dead_at set default now()`);
  await tell(tenantId, 'tenant.tenantAccessChanged', { status: 'suspended', version: 2 });
  await pool.query(`alter table tenant.outbox alter column dead_at drop default`);
  const [letter] = await listDeadLetters(pool, 'tenant');
  expect(letter).toMatchObject({ what: 'tenant.tenantAccessChanged to user', aggregate: 'tenant', behind: 0 });
  expect(await handleDeadLetter(pool, 'requeue', letter!.id)).toBe(true);
  await projected(platform.database, tenantId);
  expect(await statusIn(tenantId)).toBe('suspended');
  expect(await listDeadLetters(pool, 'tenant')).toEqual([]);
});
