import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase } from '../test/database.ts';
import type { TestDatabase } from '../test/database.ts';
import { followModel, ledgerCommands } from '../test/ledger-model.ts';
import { deleteUser, newStep, tracesOf } from '../test/step-fixture.ts';
import { connectUsers } from '../test/user-database.ts';
import type { UserTx } from '../test/user-database.ts';
import type { StormReport } from './storm-process.ts';

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

test('the ledger does what its model does, over a thousand histories', () =>
  fc.assert(
    fc.asyncProperty(ledgerCommands, (commands) => followModel(users, database.superuser, commands)),
    { numRuns: 1_000 },
  ));

const PROCESSES = 6;
const ROUNDS = 8;
const STEPS = 25;
const STORM_MS = 6_000;

/** Attempts are slow, late and killed; what they leave is one effect or none, and the ledger knows which. */
test('storms of attempts, undos, settlings and killed processes leave each step whole', async () => {
  const script = fileURLToPath(new URL('storm-process.ts', import.meta.url));
  let killed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const steps = Array.from({ length: STEPS }, () => newStep());
    const processes = Array.from({ length: PROCESSES }, (_, index) =>
      fork(script, [], {
        execArgv: ['--conditions=@adx/source', '--disable-warning=ExperimentalWarning'],
        env: {
          ...process.env,
          STORM: JSON.stringify({
            url: database.appUrl('user'),
            steps,
            forMs: STORM_MS,
            seed: round * 100 + index,
            // In half of the rounds nobody undoes, so that many steps end done.
            undoes: round % 2 === 0,
          }),
        },
      }),
    );
    await Promise.all(processes.map((one) => once(one, 'message')));
    for (const one of processes) one.send('go');
    // Two of them die in the middle of whatever they do.
    const [first, second, ...rest] = processes;
    for (const victim of [first!, second!]) {
      await new Promise((resolve) => setTimeout(resolve, STORM_MS / 4));
      const ended = once(victim, 'exit');
      victim.kill('SIGKILL');
      await ended;
      killed += 1;
    }
    const reports = await Promise.all(rest.map(async (one) => ((await once(one, 'message')) as [StormReport])[0]));

    expect(reports.flatMap(({ unexpected }) => unexpected)).toEqual([]);
    for (const [index, step] of steps.entries()) {
      const outputs = new Set(reports.flatMap((report) => report.outputs[index] ?? []));
      const { ledger, users: effects, audit } = await tracesOf(database.superuser, step);
      const caused = audit.filter((entry) => entry === 'createUser succeeded').length;
      const undone = audit.filter((entry) => entry === 'createUser.undo undone').length;
      expect(caused).toBeLessThanOrEqual(1);
      expect(effects).toBe(caused - undone);
      expect(effects).toBe(ledger?.state === 'done' ? 1 : 0);
      expect(outputs.size).toBeLessThanOrEqual(1);
      if (ledger?.state === 'done' && outputs.size === 1) {
        expect(JSON.stringify(ledger.output)).toBe([...outputs][0]);
      }
      await users.ledger.undo(step, deleteUser);
      expect((await tracesOf(database.superuser, step)).users).toBe(0);
    }
    expect(reports.reduce((sum, { attempts }) => sum + attempts, 0)).toBeGreaterThan(PROCESSES * 20);
  }
  expect(killed).toBe(ROUNDS * 2);
}, 600_000);
