import { openTenant, startProcessAs } from '@adx/testing';
import type { Fault, TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import { ended, until } from './lived.ts';
import type { Lived, Recorded } from './lived.ts';

const { createUser } = userContract.workflows;
const unreachable: Fault = { activity: 'addUser', point: 'before-transaction', action: { kind: 'error' } };
const hangs: Fault = { ...unreachable, action: { kind: 'hang' } };

/** What a standard process may have lived through. */
export const createUserHistories: Recorded = {
  app: 'user-worker',
  behaviours: {
    completed: (platform) => hire(platform, []),
    'completed-by-an-ordinary-attempt': (platform) => hire(platform, [{ ...unreachable, times: 1 }]),
    'completed-by-its-ledger': (platform) =>
      hire(platform, [
        { activity: 'addUser', point: 'after-commit', action: { kind: 'error' }, times: 1 },
        { ...unreachable, skip: 1 },
      ]),
    'completed-after-a-late-cancellation': (platform) =>
      hire(
        platform,
        [
          { ...hangs, point: 'after-commit', times: 1 },
          { ...hangs, skip: 1 },
        ],
        { cancelled: true },
      ),
    'failed-with-a-declared-error': (platform) =>
      hire(platform, [{ ...unreachable, action: { kind: 'declared', name: 'EmailTaken', details: {} } }]),
    'failed-with-attempts-used-up': (platform) => hire(platform, [unreachable]),
    'failed-without-knowing': (platform) =>
      hire(platform, [
        unreachable,
        { ...unreachable, mode: 'settle', action: { kind: 'failure', type: 'DatabaseRefused' } },
      ]),
    'cancelled-before-the-effect': (platform) => hire(platform, [hangs], { cancelled: true }),
  },
};

async function hire(platform: TestPlatform, faults: Fault[], { cancelled = false } = {}): Promise<Lived> {
  const { tenantId, ownerId } = await openTenant(platform);
  platform.faults.set(...faults);
  // Waits are cut short, attempts are not: they take a second at least.
  const who = { tenantId, userId: ownerId, boundsScale: 0.01 };
  const hired = await startProcessAs(platform, who, createUser, { email: 'bo@acme.example', role: 'member' });
  if (cancelled) {
    await until(() => platform.faults.fired().every((times) => times > 0));
    await platform.operations.cancel(hired.operationId);
  }
  return ended(platform, hired);
}
