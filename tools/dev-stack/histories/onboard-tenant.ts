import { operatorPrincipal, startOnboarding } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

/** What an onboarding may have lived through. */
export const onboardTenant: Recorded = {
  app: 'tenant-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await startOnboarding(platform)),
    'compensated-after-a-declared-error': async (platform) =>
      ended(platform, await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' })),
    'cancelled-during-a-step': async (platform) => {
      platform.faults.set({ activity: 'createOwner', point: 'before-transaction', action: { kind: 'hang' } });
      const onboarding = await startOnboarding(platform);
      await until(() => platform.faults.fired()[0]! > 0);
      await platform.operations.cancel(onboarding.operationId);
      return ended(platform, onboarding);
    },
    'pivot-settled-after-an-unknown-outcome': async (platform) => {
      platform.faults.set(
        { activity: 'activateTenant', point: 'after-commit', action: { kind: 'error' }, times: 1 },
        { activity: 'activateTenant', point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
      );
      return ended(platform, await startOnboarding(platform));
    },
    'undo-parked-and-retried': async (platform) => {
      platform.faults.set({
        activity: 'createOwner',
        mode: 'undo',
        point: 'before-transaction',
        action: { kind: 'failure', type: 'UndoImpossible' },
        times: 1,
      });
      const onboarding = await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' });
      const { operationId, tenantId } = onboarding;
      await until(async () => (await platform.operations.get(operationId))?.status === 'needs-attention');
      await platform.operations.resolve(operationId, {
        resolution: { step: 'createOwner', action: 'retry', reason: 'mended', fingerprint: 'f' },
        call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
        updateId: 'retry',
      });
      return ended(platform, onboarding);
    },
  },
};
