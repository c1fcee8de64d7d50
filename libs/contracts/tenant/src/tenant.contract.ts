import { defineActivity, defineContract, defineRead, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

export const TenantId = z.uuid().brand<'TenantId'>();

/** Unique over all tenants; part of host names, so its shape is that of a DNS label. */
export const Slug = z
  .string()
  .min(2)
  .max(40)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])$/, 'lower-case letters, digits and inner hyphens')
  .brand<'Slug'>();

export const Plan = z.enum(['free', 'team', 'enterprise']);

/** `pending` until the onboarding's pivot: a semantic lock, nobody can work with the tenant yet. */
export const TenantStatus = z.enum(['pending', 'active', 'suspended']);

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
  activities: { reserveTenant, activateTenant, setPlan },
  workflows: { onboardTenant, changePlan },
  reads: { getTenant },
});
