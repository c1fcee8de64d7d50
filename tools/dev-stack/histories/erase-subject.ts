import { addSubject, openTenant, startErasure } from '@adx/testing';
import type { MatrixProcess, TestPlatform } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

/** What an erasure may have lived through. */
export const eraseSubject: Recorded = {
  app: 'gateway',
  behaviours: {
    completed: async (platform) => ended(platform, await start(platform)),
    'compensated-after-a-declared-error': async (platform) => {
      const { tenantId, ownerId: userId } = await openTenant(platform);
      return ended(platform, await startErasure(platform, { tenantId, userId }));
    },
    'cancelled-during-a-step': async (platform) => {
      platform.faults.set({ activity: 'holdSubject', point: 'before-transaction', action: { kind: 'hang' } });
      const process = await start(platform);
      await until(() => platform.faults.fired()[0]! > 0);
      await platform.operations.cancel(process.operationId);
      return ended(platform, process);
    },
    'pivot-settled-after-an-unknown-outcome': async (platform) => {
      platform.faults.set(
        { activity: 'eraseUser', point: 'after-commit', action: { kind: 'error' }, times: 1 },
        { activity: 'eraseUser', point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
      );
      return ended(platform, await start(platform));
    },
  },
};

async function start(platform: TestPlatform): Promise<MatrixProcess> {
  return startErasure(platform, await addSubject(platform, await openTenant(platform)));
}
