import {
  defineActivity,
  defineContract,
  defineEvent,
  defineRead,
  defineTenantExport,
  defineWorkflow,
  maintenanceActivities,
  maintenanceWorkflows,
} from '@adx/contract-kit';
import { everyServiceBut } from '@adx/services';
import { z } from 'zod';
import { getOffboarding, offboardTenant, offboardingActivities } from './offboarding.ts';
import { Plan } from './plan.ts';
import { eraseMember, reserveSeat, takeSeat } from './seat.ts';
import {
  applyBillingEvents,
  applyCustomerEvents,
  getSubscription,
  openSubscription,
  passSubscriptionTime,
  tenantSubscription,
} from './subscription.ts';

export const TenantId = z.uuid().brand<'TenantId'>();

/** Unique over all tenants; part of host names, so its shape is that of a DNS label. */
export const Slug = z
  .string()
  .min(2)
  .max(40)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])$/, 'lower-case letters, digits and inner hyphens')
  .brand<'Slug'>();

/** `pending` until the onboarding's pivot: a semantic lock, nobody can work with the tenant yet. */
export const TenantStatus = z.enum(['pending', 'active', 'suspended']);
export type TenantStatus = z.output<typeof TenantStatus>;
const LifecycleStatus = TenantStatus.exclude(['pending']);
/** Counts the changes of a tenant's status: a late one is told from a new one by it. */
const StatusVersion = z.int().positive();

const TenantName = z.string().trim().min(1).max(120);
const UserId = z.uuid();

/** Claims the slug and writes the tenant as `pending`. */
const reserveTenant = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ slug: Slug, name: TenantName, plan: Plan }),
  output: z.strictObject({ tenantId: TenantId }),
  errors: { SlugTaken: z.strictObject({ slug: Slug }) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Opens the tenant to its owner. */
const activateTenant = defineActivity({
  kind: 'pivot',
  because: 'customers can sign in from here on',
  access: 'provisioning',
  input: z.strictObject({ ownerId: UserId }),
  output: z.strictObject({ activatedAt: z.iso.datetime() }),
  bounds: { attempt: '10s', attempts: 10 },
});

/** Keeps other changes of the tenant's status away until this one has ended: a semantic lock. */
const lockTenant = defineActivity({
  kind: 'compensatable',
  access: 'lifecycle',
  input: z.strictObject({ to: LifecycleStatus }),
  output: z.strictObject({}),
  errors: {
    /** It is still being onboarded. */
    TenantPending: z.strictObject({}),
    /** Another change of its status is under way. */
    TenantBusy: z.strictObject({}),
    StatusUnchanged: z.strictObject({ status: LifecycleStatus }),
    /** It was to follow the subscription, which asks for something else by now. */
    Superseded: z.strictObject({}),
    /** It was to follow a payment, which does not lift the suspension of an operator. */
    SuspendedByOperator: z.strictObject({}),
  },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Suspends an active tenant, or lets a suspended one work again. Members of it learn it at their next effect. */
const setTenantStatus = defineActivity({
  kind: 'compensatable',
  access: 'lifecycle',
  input: z.strictObject({ status: LifecycleStatus }),
  output: z.strictObject({ before: TenantStatus, version: StatusVersion }),
  /** It is still being onboarded. */
  errors: { TenantPending: z.strictObject({}) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Ends a change of the tenant's status, and tells the others of it: what is told is never taken back. */
const unlockTenant = defineActivity({
  kind: 'pivot',
  because: 'the next change may build on this status from here on',
  access: 'lifecycle',
  input: z.strictObject({}),
  output: z.strictObject({}),
  bounds: { attempt: '10s', attempts: 10 },
});

/** Who may act in a tenant depends on its status, in every service. Of the aggregate `tenant`. */
const tenantAccessChanged = defineEvent({
  to: everyServiceBut('tenant'),
  payload: z.strictObject({ status: TenantStatus, version: StatusVersion }),
});

/** Puts the tenant on another plan, whose rate limits apply from the next attempt on. */
const setPlan = defineActivity({
  kind: 'pivot',
  because: 'what the tenant did within the limits of the new plan stays done',
  roles: ['owner'],
  input: z.strictObject({ plan: Plan }),
  output: z.strictObject({ plan: Plan }),
  errors: { PlanUnchanged: z.strictObject({ plan: Plan }) },
  bounds: { attempt: '10s', attempts: 10 },
});

const OnboardTenantInput = z.strictObject({
  slug: Slug,
  name: TenantName,
  plan: Plan.default('free'),
  ownerEmail: z.email().max(254),
});
/** The body of `POST /v1/tenants`, parsed. */
export type OnboardTenantInput = z.output<typeof OnboardTenantInput>;

/** A new tenant in all three services, or nothing in any of them. */
const onboardTenant = defineWorkflow({
  pattern: 'saga',
  input: OnboardTenantInput,
  output: z.strictObject({ tenantId: TenantId, ownerId: UserId }),
  identity: 'request',
});

/**
 * When it has ended, nobody of the tenant causes an effect in any service any more. Started by an operator, or by the
 * service itself when the subscription is suspended: such a one waits until another change of the status has ended.
 */
const suspendTenant = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({}),
  output: z.strictObject({ status: LifecycleStatus }),
  identity: 'request',
  twoPersons: true,
});

/** When it has ended, the members of the tenant work again in every service. Started as {@link suspendTenant} is. */
const resumeTenant = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({}),
  output: z.strictObject({ status: LifecycleStatus }),
  identity: 'request',
  twoPersons: true,
});

/** The tenant of the caller on another plan. */
const changePlan = defineWorkflow({
  pattern: 'standard',
  input: setPlan.input,
  output: setPlan.output,
  identity: 'request',
});

/** The caller's own tenant. */
const getTenant = defineRead({
  input: z.strictObject({}),
  output: z.strictObject({
    tenantId: TenantId,
    slug: Slug,
    name: z.string(),
    plan: Plan,
    status: TenantStatus,
    createdAt: z.iso.datetime(),
    activatedAt: z.iso.datetime().optional(),
  }),
});

export const tenantContract = defineContract({
  service: 'tenant',
  taskQueue: 'tenant',
  activities: {
    reserveTenant,
    activateTenant,
    lockTenant,
    setTenantStatus,
    unlockTenant,
    setPlan,
    reserveSeat,
    takeSeat,
    eraseMember,
    openSubscription,
    applyBillingEvents,
    applyCustomerEvents,
    passSubscriptionTime,
    ...offboardingActivities,
    ...maintenanceActivities,
  },
  workflows: {
    onboardTenant,
    suspendTenant,
    resumeTenant,
    offboardTenant,
    changePlan,
    tenantSubscription,
    ...maintenanceWorkflows,
  },
  reads: { getTenant, getSubscription, getOffboarding, exportTenantRows: defineTenantExport() },
  events: { tenantAccessChanged },
});
