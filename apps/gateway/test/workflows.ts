import { declaredError } from '@adx/contract-kit';
import { notificationContract } from '@adx/notification-contract';
import { CUSTOMER_EVENTS, tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import { entity, resilient, saga, standard } from '@adx/workflow-patterns';
import { workflowInfo } from '@temporalio/workflow';

const { reserveTenant, activateTenant, openSubscription, passSubscriptionTime } = tenantContract.activities;
const { applyBillingEvents, applyCustomerEvents } = tenantContract.activities;
const OWNER_ID = '5d0f6a3e-5b0e-4f7c-8f55-0a4f1f6d9c11';

/** Scripted activities on a queue of this test: the contract's own queue belongs to the real workers. */
const scripted = <A extends { readonly taskQueue: string }>(activity: A): A => ({
  ...activity,
  taskQueue: `${workflowInfo().taskQueue}-activities`,
});

/** The onboarding as the gateway knows it, by its contract; the real kernel, fewer steps. */
export const onboardTenant = saga(
  tenantContract.workflows.onboardTenant,
  async (run, { slug, name, plan }) => {
    const { tenantId } = await run.step(scripted(reserveTenant), { slug, name, plan });
    await run.pivot(scripted(activateTenant), { ownerId: OWNER_ID });
    return { tenantId, ownerId: OWNER_ID };
  },
  { deadline: '15m' },
);

const user = userContract.activities;
export const createUser = standard(userContract.workflows.createUser, user.addUser);
export const updateUser = standard(userContract.workflows.updateUser, user.changeUser);
export const deleteUser = standard(userContract.workflows.deleteUser, user.removeUser);

/** The invitation as the gateway knows it; that it is whole is the business of the system tests. */
export const inviteUser = saga(
  userContract.workflows.inviteUser,
  async (run, { email, role }) => {
    const { userId } = await run.step(user.addInvitedUser, { email, role });
    await run.step(scripted(tenantContract.activities.reserveSeat), { userId });
    const told = await run.waitFor('accepted', { within: '7d' });
    if (told === undefined) throw declaredError('user', 'InvitationExpired', {});
    const live = await run.pivot(user.activateUser, told);
    await live.tail(scripted(tenantContract.activities.takeSeat), { userId });
    return { userId };
  },
  { deadline: '8d' },
);

export const registerDirectory = standard(userContract.workflows.registerDirectory, user.addDirectory);

/** The sync as the gateway knows it, by its contract; the real kernel, one step. */
export const syncDirectory = resilient(
  userContract.workflows.syncDirectory,
  {
    steps: { openDirectorySync: user.openDirectorySync },
    policy: {
      DirectoryUnknown: 'compensate',
      AnswerRefused: 'compensate',
      DirectoryTooLarge: 'compensate',
      SyncRunning: 'escalate',
    },
    deadline: '1h',
  },
  async (run, { directoryId }) => {
    const step = { ...user.openDirectorySync, taskQueue: workflowInfo().taskQueue };
    const { pages } = await run.step(step, { directoryId });
    return { pages, skipped: 0, created: 0, changed: 0, unchanged: 0 };
  },
);

export const changePlan = standard(tenantContract.workflows.changePlan, tenantContract.activities.setPlan);

export const sendNotification = standard(
  notificationContract.workflows.sendNotification,
  notificationContract.activities.writeNotification,
);

/** The subscription over scripted activities: what it is told is the owner's business, which is another test's. */
export const tenantSubscription = (...run: Parameters<ReturnType<typeof subscription>>) => subscription()(...run);

function subscription() {
  return entity(tenantContract.workflows.tenantSubscription, {
    open: scripted(openSubscription),
    apply: ({ type }) => scripted(CUSTOMER_EVENTS.includes(type) ? applyCustomerEvents : applyBillingEvents),
    alarm: scripted(passSubscriptionTime),
  });
}
