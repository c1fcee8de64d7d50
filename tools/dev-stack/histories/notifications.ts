import { NO_TENANT, parseOperationId } from '@adx/contract-kit';
import { notificationContract } from '@adx/notification-contract';
import { openTenant, operatorPrincipal, projected, startProcessAs, unique } from '@adx/testing';
import type { OpenTenant, Process, TestPlatform } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Lived, Recorded } from './lived.ts';

const { sendNotification, addWebhook, watchAttention } = notificationContract.workflows;

/** A message to the owner, and its deliveries. */
export const sendNotifications: Recorded = {
  app: 'notification-worker',
  behaviours: {
    completed: async (platform) => ended(platform, (await sent(platform, ['in-app', 'email'])).process),
    'failed-with-a-declared-error': async (platform) => ended(platform, (await sent(platform, ['webhook'])).process),
  },
};

export const deliverNotifications: Recorded = {
  app: 'notification-worker',
  behaviours: {
    'completed-by-mail': async (platform) => ended(platform, await delivery(platform, ['email'])),
    'compensated-after-a-declared-error': async (platform) => {
      platform.faults.set({
        activity: 'beginDelivery',
        point: 'before-transaction',
        action: { kind: 'declared', name: 'AddressRejected', details: { domain: 'suppressed.example' } },
      });
      return ended(platform, await delivery(platform, ['email']));
    },
    'mail-parked-and-retried': (platform) => parked(platform, 'retry'),
    'webhook-parked-and-skipped': (platform) => parked(platform, 'skip'),
  },
};

/** Reminders of what waits for a person, and of nothing. */
export const watchAttentions: Recorded = {
  app: 'notification-worker',
  behaviours: {
    'completed-with-nothing-to-do': (platform) => watched(platform),
    'completed-with-a-reminder': async (platform) => {
      const stuck = { point: 'before-transaction', action: { kind: 'failure', type: 'DatabaseRefused' } } as const;
      platform.faults.set({ activity: 'deliverMail', ...stuck, times: 1 });
      const { operationId } = await delivery(platform, ['email']);
      const listed = async () => (await platform.operations.list({ status: 'needs-attention', limit: 1 })).operations;
      await until(async () => (await listed()).length > 0);
      const one = await watched(platform);
      await platform.operations.resolve(operationId, {
        resolution: { step: 'deliverMail', action: 'skip', reason: 'a history', fingerprint: 'skip' },
        call: { operationId, principal: await operatorPrincipal(platform, parseOperationId(operationId)!.tenantId) },
        updateId: 'skip',
      });
      return one;
    },
  },
};

async function watched(platform: TestPlatform): Promise<Lived> {
  const claims = { sub: 'notification', kind: 'service', tenantId: NO_TENANT, roles: [] } as const;
  const one = await platform.operations.start(watchAttention, {
    input: {},
    principal: await platform.keys.serviceSigner('notification').sign(claims),
    subject: 'notification',
    tenantId: NO_TENANT,
    idempotencyKey: unique('watch'),
  });
  return ended(platform, one);
}

export const addWebhooks: Recorded = {
  app: 'notification-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await hooked(platform, 'https://hooks.example/')),
    'compensated-after-a-declared-error': async (platform) =>
      ended(platform, await hooked(platform, 'https://nowhere/')),
    'cancelled-after-the-step': async (platform) => {
      const hangs = { activity: 'registerWebhook', action: { kind: 'hang' } } as const;
      platform.faults.set(
        { ...hangs, point: 'after-commit', times: 1 },
        { ...hangs, point: 'before-transaction', skip: 1 },
      );
      const process = await hooked(platform, 'https://hooks.example/');
      await until(() => platform.faults.fired().every((times) => times > 0));
      await platform.operations.cancel(process.operationId);
      return ended(platform, process);
    },
  },
};

async function hooked(platform: TestPlatform, url: string, tenant?: OpenTenant): Promise<Process> {
  const { tenantId, ownerId } = tenant ?? (await openTenant(platform));
  await projected(platform.database, tenantId);
  const who = { tenantId, userId: ownerId, boundsScale: 0.05 };
  return startProcessAs(platform, who, addWebhook, addWebhook.input.parse({ url, secretName: 'main' }));
}

async function sent(platform: TestPlatform, channels: readonly string[], tenant?: OpenTenant) {
  const { tenantId, ownerId } = tenant ?? (await openTenant(platform));
  await projected(platform.database, tenantId);
  const input = sendNotification.input.parse({ userId: ownerId, subject: 'Hello', body: 'There you are.', channels });
  const who = { tenantId, userId: ownerId, boundsScale: 0.05 };
  return { tenantId, process: await startProcessAs(platform, who, sendNotification, input) };
}

/** The delivery that a message has started. */
async function delivery(platform: TestPlatform, channels: readonly string[], tenant?: OpenTenant): Promise<Lived> {
  const { tenantId } = await sent(platform, channels, tenant);
  const find = async () => {
    const { operations } = await platform.operations.list({ tenantId, limit: 20 });
    return operations.find(({ type }) => type === 'deliverNotification')?.operationId;
  };
  await until(async () => (await find()) !== undefined);
  return { operationId: (await find())! };
}

/** A delivery that cannot go on, and what a person says to it. */
async function parked(platform: TestPlatform, action: 'retry' | 'skip'): Promise<Lived> {
  const tenant = await openTenant(platform);
  const [step, channel] = action === 'retry' ? ['deliverMail', 'email'] : ['deliverWebhook', 'webhook'];
  if (channel === 'webhook') await ended(platform, await hooked(platform, 'https://hooks.example/', tenant));
  platform.faults.set({
    activity: step!,
    point: 'before-transaction',
    action: { kind: 'failure', type: 'DatabaseRefused' },
    times: 1,
  });
  const one = await delivery(platform, [channel!], tenant);
  const { operationId } = one;
  await until(async () => (await platform.operations.get(operationId))?.status === 'needs-attention');
  await platform.operations.resolve(operationId, {
    resolution: { step: step!, action, reason: 'looked into', fingerprint: action },
    call: { operationId, principal: await operatorPrincipal(platform, tenant.tenantId) },
    updateId: action,
  });
  return ended(platform, one);
}
