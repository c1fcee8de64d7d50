import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { MAINTENANCE_TASKS, tenantRowsOf } from '@adx/contract-kit';
import type { ActivityDefinition, Bound, Out } from '@adx/contract-kit';
import { ADDED_CONTRACTS, CONTRACTS } from '@adx/every-contract';
import { notificationContract } from '@adx/notification-contract';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { tenantContract } from '@adx/tenant-contract';
import { ImportId, userContract } from '@adx/user-contract';
import type { Stage } from './stage.ts';

type Definition = ActivityDefinition & Bound;

/** What the scenes before have left. */
export interface SoFar {
  readonly stage: Stage;
  readonly outputOf: <D extends Definition>(activity: D) => Out<D>;
  /** Causes an effect once more, with another input, undisturbed. */
  readonly again: <D extends Definition>(activity: D, input: unknown) => Promise<Out<D>>;
}

/** One activity in the life of a tenant. */
export interface Scene {
  readonly activity: Definition;
  /** Operators provision and govern; everything else is for the owner. */
  readonly as: 'operator' | 'owner';
  /** Checked by the activity itself. */
  readonly input: (so: SoFar) => unknown;
  /** Belongs to the operation of this one. */
  readonly within?: Definition;
  /** Rows that the effect leaves in the outbox: one for each receiver. */
  readonly tells: number;
  readonly undoTells: number;
  /** Mails, webhooks and questions that it sends. */
  readonly calls: number;
  /** Takes the rows of the outbox away, with all the others. */
  readonly removes: boolean;
  readonly before?: (so: SoFar) => Promise<void>;
}

export function scene(
  activity: Definition,
  input: Scene['input'],
  more: Partial<Omit<Scene, 'activity' | 'input' | 'as'>> = {},
): Scene {
  const as = activity.access === 'member' ? 'owner' : 'operator';
  const calls = activity.effect === 'database' ? 0 : 1;
  return { activity, as, input, tells: 0, undoTells: 0, calls, removes: false, ...more };
}

const tenant = tenantContract.activities;
const user = userContract.activities;
const notification = notificationContract.activities;

/** What becomes of a tenant and its members is told to every other service. */
const others = { tells: SERVICES.length - 1 };

let version = 10;
let subject = '';
const importId = ImportId.parse(randomUUID());
const soon = new Date().toISOString();
const ada = 'ada@acme.example';
const payment = (type: string) => ({ eventId: randomUUID(), type, data: { reference: 'bill-1' } });
const nothing = { kind: 'outbox-dead', subject: 'out/none' };
const proof = (token: string) => createHash('sha256').update(token).digest('base64url');

/** The life of a tenant: each activity of the services that it is made of once, each on what the ones before have left. */
export const LIFE: readonly Scene[] = [
  scene(tenant.reserveTenant, () => ({ slug: 'acme', name: 'Acme', plan: 'team' })),
  scene(user.createOwner, () => ({ email: ada }), { ...others, undoTells: others.tells }),
  scene(notification.openChannels, (so) => ({ userId: so.outputOf(user.createOwner).ownerId, email: ada })),
  scene(tenant.activateTenant, (so) => ({ ownerId: so.outputOf(user.createOwner).ownerId }), others),
  scene(notification.sendWelcome, (so) => ({ userId: so.outputOf(user.createOwner).ownerId, tenantName: 'Acme' })),
  scene(user.setMemberAccess, () => ({ status: 'active', version: (version += 1) })),
  scene(notification.setDeliveryAccess, () => ({ status: 'active', version: (version += 1) })),

  scene(tenant.setPlan, () => ({ plan: 'enterprise' }), { before: tellOfTheOwner }),
  scene(tenant.reserveSeat, () => ({ userId: randomUUID() })),
  scene(tenant.takeSeat, () => ({ userId: randomUUID() })),
  scene(tenant.openSubscription, () => ({ at: soon, input: {} })),
  // Three failed payments suspend it, and the tenant with it.
  scene(tenant.applyBillingEvents, () => ({ at: soon, events: ['1', '2', '3'].map(() => payment('paymentFailed')) }), {
    tells: 1,
  }),
  scene(tenant.applyCustomerEvents, () => ({
    at: soon,
    events: [{ eventId: randomUUID(), type: 'planChanged', data: { plan: 'free' } }],
  })),
  scene(
    tenant.passSubscriptionTime,
    async (so) => {
      const events = [payment('paymentSucceeded'), payment('paymentFailed')];
      const { standing } = await so.again(tenant.applyBillingEvents, { at: soon, events });
      return { at: standing.dueAt!, reason: 'due' };
    },
    { tells: 1 },
  ),

  scene(user.addUser, () => ({ email: 'bo@acme.example', role: 'member' }), others),
  scene(user.changeUser, (so) => ({ userId: so.outputOf(user.addUser).userId, role: 'owner' }), others),
  scene(user.findAddress, (so) => ({ userId: so.outputOf(user.addUser).userId })),
  scene(user.listMembers, () => ({ joinedBy: new Date().toISOString(), after: null, limit: 1 })),
  scene(user.removeUser, (so) => ({ userId: so.outputOf(user.addUser).userId }), others),
  scene(user.addInvitedUser, () => ({ email: 'cy@acme.example', role: 'member' })),
  scene(notification.sendInvitation, () => ({ email: 'cy@acme.example', tenantName: 'Acme' })),
  scene(user.openInvitation, (so) => ({ userId: so.outputOf(user.addInvitedUser).userId, proof: proof('token') })),
  scene(user.checkAcceptance, () => ({ proof: proof('token') }), { within: user.openInvitation }),
  scene(user.activateUser, () => ({ proof: proof('token') }), { within: user.openInvitation, ...others }),

  scene(user.openImport, () => ({ importId, lanes: 1 }), { before: stageFile }),
  // Half of the import: its starter is told, too.
  scene(user.importBatch, () => ({ importId, range: { after: 0, upTo: 2 }, size: 2 }), { tells: others.tells + 1 }),
  scene(user.setImportBatchAside, () => ({ importId, range: { after: 2, upTo: 4 }, size: 2, because: 'a fault' })),
  scene(user.closeImport, () => ({ importId, ending: 'finished' }), { tells: 1 }),
  scene(user.addDirectory, (so) => ({ url: so.stage.directory.url, secretName: 'directory' })),
  scene(user.openDirectorySync, (so) => so.outputOf(user.addDirectory)),
  scene(user.syncDirectoryPage, (so) => ({ ...so.outputOf(user.addDirectory), page: 1 }), {
    ...others,
    undoTells: others.tells,
  }),
  scene(user.closeDirectorySync, (so) => so.outputOf(user.addDirectory), { within: user.openDirectorySync }),

  scene(notification.registerWebhook, (so) => ({ url: so.stage.webhookUrl, secretName: 'main' })),
  scene(
    notification.writeNotification,
    (so) => ({
      userId: so.outputOf(user.createOwner).ownerId,
      subject: 'News',
      body: 'There are some.',
      channels: ['in-app', 'email', 'webhook'],
    }),
    { tells: 2 },
  ),
  scene(notification.beginDelivery, (so) => ({
    notificationId: so.outputOf(notification.writeNotification).notificationId,
    to: { channel: 'email', address: ada },
  })),
  scene(notification.deliverMail, () => ({ address: ada, subject: 'News', body: 'There are some.' })),
  scene(notification.deliverWebhook, (so) => ({
    endpointId: so.outputOf(notification.registerWebhook).endpointId,
    type: 'notification.sent',
    data: {},
  })),

  scene(notification.openBroadcast, () => ({
    subject: 'News',
    body: 'For all of you.',
    channels: ['in-app', 'email'],
  })),
  scene(notification.broadcastBatch, (so) => ({ userIds: [so.outputOf(user.createOwner).ownerId], next: null }), {
    within: notification.openBroadcast,
    tells: 1,
  }),
  scene(notification.setBroadcastBatchAside, () => ({ userIds: [randomUUID()], next: null }), {
    within: notification.openBroadcast,
  }),
  scene(notification.closeBroadcast, () => ({ ending: 'finished' }), { within: notification.openBroadcast }),

  scene(user.holdSubject, async (so) => {
    const email = `${randomUUID()}@acme.example`;
    ({ userId: subject } = await so.again(user.addUser, { email, role: 'member' }));
    return { userId: subject };
  }),
  scene(user.eraseUser, () => ({ userId: subject }), { within: user.holdSubject, ...others }),
  scene(notification.eraseRecipient, (so) => ({ userId: subject, ...so.outputOf(user.eraseUser) })),
  scene(tenant.eraseMember, (so) => ({ userId: subject, ...so.outputOf(user.eraseUser) })),
  ...ADDED_CONTRACTS.map((contract) =>
    scene(tenantRowsOf(contract).erasure, (so) => ({ userId: subject, ...so.outputOf(user.eraseUser) })),
  ),

  scene(tenant.lockTenant, () => ({ to: 'suspended' })),
  scene(tenant.setTenantStatus, () => ({ status: 'suspended' })),
  scene(tenant.unlockTenant, () => ({}), { within: tenant.lockTenant, ...others }),

  scene(notification.checkAttention, () => ({})),
  scene(notification.remindOperators, () => ({}), { calls: 0 }),
  ...CONTRACTS.flatMap((contract, index) => {
    const activities = contract.activities as unknown as Pick<
      typeof tenant,
      'runMaintenance' | 'recordFinding' | 'confirmRepair'
    >;
    const task = MAINTENANCE_TASKS[index % MAINTENANCE_TASKS.length];
    return [
      scene(activities.runMaintenance, () => ({ task }), { calls: 0 }),
      scene(activities.recordFinding, () => ({ ...nothing, says: 'it is there' })),
      scene(activities.confirmRepair, () => nothing, { calls: 0 }),
    ];
  }),
];

/** And its end. */
export const END: readonly Scene[] = [
  scene(tenant.beginOffboarding, () => ({})),
  scene(tenant.beginRemoval, () => ({}), { within: tenant.beginOffboarding }),
  scene(tenant.endProcesses, () => ({}), { calls: 0 }),
  // That of the tenants last: who may act anywhere is there.
  ...[...ADDED_CONTRACTS, notificationContract, userContract, tenantContract].map((contract) =>
    scene(tenantRowsOf(contract).removal, () => ({}), { calls: 0, removes: true }),
  ),
  scene(tenant.destroyKeys, () => ({}), { calls: 0 }),
];

/** Nothing carries events here; this is what they would have brought. */
async function tellOfTheOwner(so: SoFar): Promise<void> {
  await tellOf(so, 'tenant');
  await tellOf(so, 'notification');
}

/** The same for one service: who the owner is, and that the tenant is active, unless it knows that already. */
export async function tellOf({ stage, outputOf }: SoFar, service: ServiceName): Promise<void> {
  const { superuser } = stage.database;
  await superuser.query(
    `insert into "${service}".access_tenant (tenant_id, status) values ($1, 'active') on conflict do nothing`,
    [stage.tenantId],
  );
  await superuser.query(
    `insert into "${service}".access_member (tenant_id, subject, roles) values ($1, $2, '{owner}') on conflict do nothing`,
    [stage.tenantId, outputOf(user.createOwner).ownerId],
  );
}

async function stageFile({ stage, outputOf }: SoFar): Promise<void> {
  const { ownerId } = outputOf(user.createOwner);
  const { tenantId } = stage;
  const rows = ['f', 'g', 'h', 'i'].map((name) => `{"email":"${name}@acme.example"}\n`);
  await stage.services.user.uploads![userContract.uploads.stageUserImport.name]!({
    input: { importId },
    principal: await stage.keys.signer.sign({ sub: ownerId, kind: 'user', tenantId, roles: ['owner'] }),
    mediaType: 'application/x-ndjson',
    body: Readable.from([Buffer.from(rows.join(''))]),
  });
}
