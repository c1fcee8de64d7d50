import fc from 'fast-check';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { followModel, ledgerCommands } from './ledger-model.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

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

test('the ledger does what a model of it does, whatever is asked in whatever order', () =>
  fc.assert(
    fc.asyncProperty(ledgerCommands, (commands) => followModel(users, database.superuser, commands)),
    { numRuns: 60 },
  ));
