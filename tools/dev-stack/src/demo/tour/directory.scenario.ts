import { ENDED } from '../stage.ts';
import type { Scenario } from '../stage.ts';
import { WITHIN_MS, completed, failedFor, openTenant, run, start, taken } from './processes.ts';

/** Not public, each in a way of its own. */
const REFUSED = ['https://127.0.0.1/users', 'https://[fd00::1]/users', 'https://people.internal/users'];

export const directoryRefused: Scenario = {
  name: 'a directory of users: addresses that are refused, and a sync that is called off',
  says: [
    'Only public https addresses are called, and the dev stack has no directory at one. The one that is registered here',
    'is nobody’s, and nobody has provided its secret: the sync calls nobody until its owner calls it off.',
  ],
  shows: ['registerDirectory', 'syncDirectory'],
  async play(stage) {
    const { owner } = await openTenant(stage, 'massive');
    const register = (url: string) => run(owner, 'POST /v1/directories', { url, secretName: 'people' });
    const refused = [];
    for (const url of REFUSED) refused.push(await register(url));
    const registered = await register('https://people.massive.example/users');
    const operationId = await start(owner, 'POST /v1/directory-syncs', registered.result);
    await owner.until(operationId, ({ steps }) => steps.some(({ name }) => name === 'openDirectorySync'), WITHIN_MS);
    await taken(owner.post(`/v1/operations/${operationId}/cancellation`, {}));
    const operation = await owner.until(operationId, ENDED, WITHIN_MS);
    const ledger = await stage.evidence.ledger(operationId);
    const { users } = await taken(owner.get('/v1/users'));
    return {
      operation,
      others: [...refused, registered],
      checks: {
        'addresses that are not public are refused': refused.every((one) => failedFor(one, 'user.DirectoryRefused')),
        'a public one is registered': completed(registered),
        'the sync is cancelled': operation.status === 'cancelled',
        'no step of it is done': ledger.length > 0 && ledger.every(({ state }) => state !== 'done'),
        'the users are who they were': (users as readonly unknown[]).length === 1,
      },
      evidence: { refused: refused.map(({ error }) => error?.type), ledger },
    };
  },
};
