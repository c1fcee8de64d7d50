import {
  defineActivity,
  defineContract,
  defineEvent,
  defineRead,
  defineTenantExport,
  defineTenantRemoval,
  defineWorkflow,
  maintenanceActivities,
  maintenanceWorkflows,
} from '@adx/contract-kit';
import { everyServiceBut } from '@adx/services';
import { z } from 'zod';
import { listMembers } from './audience.ts';
import { directoryActivities, registerDirectory, syncDirectory } from './directory.ts';
import { erasureActivities } from './erasure.ts';
import { findInvitation, invitationActivities, inviteUser } from './invitation.ts';
import {
  MEMBERS_PER_EVENT,
  getUserImport,
  importActivities,
  importProgressed,
  importUsers,
  listFailedRows,
  stageUserImport,
} from './user-import.ts';
import { Email, Role, UserId } from './user.ts';

/** Creates the first user of a new tenant, who may act as soon as the tenant is active. */
const createOwner = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ email: Email }),
  output: z.strictObject({ ownerId: UserId }),
  errors: { OwnerExists: z.strictObject({}) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Lets the members of the tenant act in this service, or not; undone to what was before. */
const setMemberAccess = defineActivity({
  kind: 'compensatable',
  access: 'lifecycle',
  input: z.strictObject({ status: z.enum(['active', 'suspended']), version: z.int().positive() }),
  output: z.strictObject({ before: z.enum(['pending', 'active', 'suspended']).nullable(), version: z.int() }),
  bounds: { attempt: '10s', attempts: 10 },
});

/** What a user may do, in every service; without roles nothing, for ever. Of the aggregate `user/<id>`. */
const memberAccessChanged = defineEvent({
  to: everyServiceBut('user'),
  payload: z.strictObject({ userId: UserId, roles: z.array(Role) }),
});

/**
 * Users that an import has made, all of one role. Each event is an aggregate of its own, as no order is needed: it is
 * the first that is ever said of these users, so that whatever a receiver knows of one of them already is newer.
 */
const membersAdded = defineEvent({
  to: everyServiceBut('user'),
  payload: z.strictObject({ role: Role, userIds: z.array(UserId).min(1).max(MEMBERS_PER_EVENT) }),
});

/** The address belongs to another user of the tenant. It stays out of the error: it is personal. */
const EmailTaken = z.strictObject({});
const UserNotFound = z.strictObject({ userId: UserId });
/** A tenant keeps at least one owner, or nobody could ever act for it again. */
const LastOwner = z.strictObject({ userId: UserId });

const members = { roles: ['owner'], bounds: { attempt: '10s', attempts: 10 } } as const;

/** Creates a user and lets them act. */
const addUser = defineActivity({
  kind: 'pivot',
  because: 'the user can sign in from here on',
  input: z.strictObject({ email: Email, role: Role.default('member') }),
  output: z.strictObject({ userId: UserId }),
  errors: { EmailTaken },
  ...members,
});

const change = { email: Email.optional(), role: Role.optional() };
const saysSomething = (said: { readonly email?: string | undefined; readonly role?: string | undefined }) =>
  said.email !== undefined || said.role !== undefined;
const SAYS_NOTHING = 'says nothing to change';

/** What a user may be changed to. */
export const UserChange = z.strictObject(change).refine(saysSomething, SAYS_NOTHING);

/** Changes a user's address, role, or both. */
const changeUser = defineActivity({
  kind: 'pivot',
  because: 'what the user did under the new role stays done',
  input: z.strictObject({ userId: UserId, ...change }).refine(saysSomething, SAYS_NOTHING),
  output: z.strictObject({ userId: UserId }),
  errors: { UserNotFound, EmailTaken, LastOwner },
  ...members,
});

/** Removes a user, who may do nothing from then on. */
const removeUser = defineActivity({
  kind: 'pivot',
  because: 'what the user had is deleted',
  input: z.strictObject({ userId: UserId }),
  output: z.strictObject({ userId: UserId }),
  errors: { UserNotFound, LastOwner },
  ...members,
});

/**
 * The address of a user, for who has to write to them now: it is asked for and not told to everybody, so that
 * it is the one of today. Many attempts, as who asks has nothing else to do.
 */
const findAddress = defineActivity({
  kind: 'readonly',
  access: 'lifecycle',
  input: z.strictObject({ userId: UserId }),
  output: z.strictObject({ email: Email }),
  errors: { UserNotFound },
  bounds: { attempt: '10s', attempts: 100_000 },
});

/** The processes of one effect each: their inputs and outputs are those of the effect. */
const createUser = defineWorkflow({
  pattern: 'standard',
  input: addUser.input,
  output: addUser.output,
  identity: 'request',
});
const updateUser = defineWorkflow({
  pattern: 'standard',
  input: changeUser.input,
  output: changeUser.output,
  identity: 'request',
});
const deleteUser = defineWorkflow({
  pattern: 'standard',
  input: removeUser.input,
  output: removeUser.output,
  identity: 'request',
});

const User = z.strictObject({
  userId: UserId,
  email: z.string(),
  role: Role,
  /** `invited`: may not act before the invitation is accepted. */
  status: z.enum(['invited', 'active']),
  createdAt: z.iso.datetime(),
});

/** One user of the caller's tenant. */
const getUser = defineRead({ input: z.strictObject({ userId: UserId }), output: User });

/** The users of the caller's tenant, in the order of their ids; `next` is there when there are more. */
const listUsers = defineRead({
  input: z.strictObject({ limit: z.int().min(1).max(100), after: UserId.optional() }),
  output: z.strictObject({ users: z.array(User), next: UserId.optional() }),
});

export const userContract = defineContract({
  service: 'user',
  taskQueue: 'user',
  activities: {
    createOwner,
    setMemberAccess,
    addUser,
    changeUser,
    removeUser,
    findAddress,
    listMembers,
    ...invitationActivities,
    ...importActivities,
    ...directoryActivities,
    ...erasureActivities,
    removeUserRows: defineTenantRemoval(),
    ...maintenanceActivities,
  },
  workflows: {
    createUser,
    updateUser,
    deleteUser,
    inviteUser,
    importUsers,
    registerDirectory,
    syncDirectory,
    ...maintenanceWorkflows,
  },
  reads: {
    getUser,
    listUsers,
    findInvitation,
    getUserImport,
    listFailedRows,
    exportUserRows: defineTenantExport(),
  },
  uploads: { stageUserImport },
  events: { memberAccessChanged, membersAdded, importProgressed },
});
