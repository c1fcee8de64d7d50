import type { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, newStep, nextAttempt, tracesOf } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

/** As many connections as one service holds, see `connectDatabase`. */
const POOL_SIZE = 16;

let database: TestDatabase;
let users: Database<UserTx>;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'));
});
afterAll(async () => {
  await users.close();
  await database.drop();
});

// `database-failure.test.ts` raises the codes; here Postgres itself does, for their real reasons.
describe('worth another attempt is', () => {
  test('a deadlock: one of the two goes on, and the other does after it', async () => {
    const first = newStep();
    await users.ledger.forward(first, createUser(first));
    const second = newStep({ principal: first.principal });
    await users.ledger.forward(second, createUser(second));
    const emails = [first, second].map(({ input }) => (input as { email: string }).email);
    const bothHold = meeting(2);
    const crossing = (order: readonly string[], wait: () => Promise<void>) => async (tx: UserTx) => {
      for (const email of order) {
        await tx.user.updateMany({ where: { email }, data: { role: 'member' } });
        await wait();
      }
      return null;
    };
    const steps = [newStep({ principal: first.principal }), newStep({ principal: first.principal })] as const;
    const attempts = await Promise.allSettled([
      users.ledger.forward(steps[0], crossing(emails, bothHold)),
      users.ledger.forward(steps[1], crossing(emails.toReversed(), bothHold)),
    ]);
    const refused = attempts.flatMap((one) => (one.status === 'rejected' ? [one.reason as ApplicationFailure] : []));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      type: 'DatabaseError',
      nonRetryable: false,
      message: expect.stringContaining('40P01'),
    });
    const loser = attempts[0].status === 'rejected' ? steps[0] : steps[1];
    expect(await tracesOf(database.superuser, loser)).toMatchObject({ ledger: undefined, audit: [] });
    await users.ledger.forward(
      nextAttempt(loser),
      crossing(emails, () => Promise.resolve()),
    );
  });

  test('a row that another transaction locks for too long', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    const locking = await database.superuser.connect();
    try {
      await locking.query('begin');
      await locking.query('select 1 from "user".app_user where tenant_id = $1 for update', [step.principal.tenantId]);
      const blocked = users.ledger.forward(newStep({ principal: step.principal }), async (tx) => {
        await tx.$executeRaw`set local lock_timeout = '50ms'`;
        await tx.user.updateMany({ data: { role: 'member' } });
        return null;
      });
      await expect(blocked).rejects.toMatchObject({ type: 'DatabaseError', message: expect.stringContaining('55P03') });
    } finally {
      await locking.query('rollback');
      locking.release();
    }
  });

  test('a statement that takes too long', async () => {
    const slow = users.ledger.forward(newStep(), async (tx) => {
      await tx.$executeRaw`set local statement_timeout = '50ms'`;
      await tx.$queryRaw`select pg_sleep(30)::text`;
      return null;
    });
    await expect(slow).rejects.toMatchObject({ type: 'DatabaseError', message: expect.stringContaining('57014') });
  });

  test('a pool whose connections are all taken, and it recovers', async () => {
    const allTaken = meeting(POOL_SIZE + 1);
    const release = Promise.withResolvers<void>();
    const taken = Array.from({ length: POOL_SIZE }, () =>
      users.ledger.withTenant(newStep().principal, async () => {
        await allTaken();
        await release.promise;
      }),
    );
    await allTaken();
    await expect(users.ready()).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
    release.resolve();
    await Promise.all(taken);
    await users.ready();
  });
});

/** Lets nobody on before `count` have come. */
function meeting(count: number): () => Promise<void> {
  const complete = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    here += 1;
    if (here === count) complete.resolve();
    return complete.promise;
  };
}
