import { startOffboarding, startOnboarding } from '@adx/testing';
import type { MatrixProcess, TestPlatform } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

/** 30 days are under three seconds. */
const SHORT = 1e-6;

/** What an offboarding may have lived through. */
export const offboardTenant: Recorded = {
  app: 'tenant-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await start(platform, SHORT)),
    'cancelled-when-withdrawn': async (platform) => {
      const process = await start(platform);
      await until(async () => {
        const view = await platform.operations.get(process.operationId);
        return view?.steps.some(({ status }) => status === 'waiting') ?? false;
      });
      await platform.operations.cancel(process.operationId);
      return ended(platform, process);
    },
    'compensated-after-a-declared-error': async (platform) => {
      platform.faults.set({
        activity: 'beginOffboarding',
        point: 'before-transaction',
        action: { kind: 'declared', name: 'TenantBusy', details: {} },
      });
      return ended(platform, await start(platform));
    },
    'pivot-settled-after-an-unknown-outcome': async (platform) => {
      platform.faults.set(
        { activity: 'beginRemoval', point: 'after-commit', action: { kind: 'error' }, times: 1 },
        { activity: 'beginRemoval', point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
      );
      return ended(platform, await start(platform, SHORT));
    },
  },
};

async function start(platform: TestPlatform, boundsScale?: number): Promise<MatrixProcess> {
  const { tenantId } = await ended(platform, await startOnboarding(platform));
  return startOffboarding(platform, { tenantId, boundsScale });
}
