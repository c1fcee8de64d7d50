import { startOnboarding, startTenantStatusChange } from '@adx/testing';
import type { MatrixProcess, TestPlatform } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

/** What a change of a tenant's status may have lived through, whose remote steps are a parallel group. */
export const suspendTenant: Recorded = {
  app: 'tenant-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await suspension(platform)),
    'compensated-after-a-declared-error': async (platform) => {
      const { tenantId } = await ended(platform, await suspension(platform));
      return ended(platform, await startTenantStatusChange(platform, 'suspendTenant', { tenantId }));
    },
    'compensated-after-a-branch-failed': async (platform) => {
      platform.faults.set({
        activity: 'setDeliveryAccess',
        point: 'before-transaction',
        action: { kind: 'failure', type: 'DatabaseRefused' },
      });
      return ended(platform, await suspension(platform));
    },
    'cancelled-during-a-parallel-group': async (platform) => {
      platform.faults.set({ activity: 'setMemberAccess', point: 'before-transaction', action: { kind: 'hang' } });
      const process = await suspension(platform);
      await until(() => platform.faults.fired()[0]! > 0);
      await platform.operations.cancel(process.operationId);
      return ended(platform, process);
    },
  },
};

export const resumeTenant: Recorded = {
  app: 'tenant-worker',
  behaviours: {
    completed: async (platform) => {
      const { tenantId } = await ended(platform, await suspension(platform));
      return ended(platform, await startTenantStatusChange(platform, 'resumeTenant', { tenantId }));
    },
    'compensated-after-a-declared-error': async (platform) => {
      const { tenantId } = await ended(platform, await startOnboarding(platform));
      return ended(platform, await startTenantStatusChange(platform, 'resumeTenant', { tenantId }));
    },
  },
};

async function suspension(platform: TestPlatform): Promise<MatrixProcess> {
  const { tenantId } = await ended(platform, await startOnboarding(platform));
  return startTenantStatusChange(platform, 'suspendTenant', { tenantId });
}
