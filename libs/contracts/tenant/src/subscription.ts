import {
  EntityAlarm,
  EntityApplied,
  EntityBatch,
  EntityEnding,
  EntityStanding,
  ENTITY_REASONS,
  defineActivity,
  defineRead,
  defineWorkflow,
} from '@adx/contract-kit';
import { z } from 'zod';
import { Plan } from './plan.ts';

export const SubscriptionState = z.enum(['trial', 'active', 'past-due', 'suspended', 'ended']);

const Head = {
  eventId: z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, '1 to 128 of A-Z a-z 0-9 _ . : -'),
  /** 1, 2, 3, ... per subscription: applied in this order. Without it an event is applied when it arrives. */
  seq: z.int().positive().max(2_000_000_000).optional(),
};
const Reference = z.string().regex(/^[\x21-\x7e]{1,100}$/, '1 to 100 printable characters');
const event = <const T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ ...Head, type: z.literal(type), data });

const paymentSucceeded = event('paymentSucceeded', z.strictObject({ reference: Reference }));
const paymentFailed = event('paymentFailed', z.strictObject({ reference: Reference }));
const usageReported = event('usageReported', z.strictObject({ units: z.int().positive().max(1_000_000_000) }));
const planChanged = event('planChanged', z.strictObject({ plan: Plan }));
const cancellationRequested = event('cancellationRequested', z.strictObject({}));

const CUSTOMER = [planChanged, cancellationRequested] as const;
const BILLING = [paymentSucceeded, paymentFailed, usageReported] as const;

/** What the owner of a tenant may say about its subscription. */
export const CustomerEvent = z.discriminatedUnion('type', [...CUSTOMER]);
/** What operators and services report. */
export const BillingEvent = z.discriminatedUnion('type', [...BILLING]);
/** Everything that happens to a subscription. */
export const SubscriptionEvent = z.discriminatedUnion('type', [...CUSTOMER, ...BILLING]);
export type SubscriptionEvent = z.output<typeof SubscriptionEvent>;
/** The types of {@link CustomerEvent}; a constant of its own, as workflow code has no schemas. */
export const CUSTOMER_EVENTS: readonly string[] = ['planChanged', 'cancellationRequested'];

/** Without a plan it begins on the tenant's own. */
const Input = z.strictObject({ plan: Plan.optional() });
const bounds = { attempt: '10s', attempts: 10 } as const;

/** Writes the subscription as a trial, or finds the one that is there. */
export const openSubscription = defineActivity({
  kind: 'retriable',
  access: 'lifecycle',
  input: z.strictObject({ at: z.iso.datetime(), input: Input }),
  output: EntityStanding,
  bounds,
});

/** Applies what was reported: operators and services, whatever the tenant's status, or no payment could end a suspension. */
export const applyBillingEvents = defineActivity({
  kind: 'retriable',
  access: 'lifecycle',
  input: EntityBatch,
  output: EntityApplied,
  bounds,
});

/** Applies what the tenant's owner wants. */
export const applyCustomerEvents = defineActivity({
  kind: 'retriable',
  roles: ['owner'],
  input: EntityBatch,
  output: EntityApplied,
  bounds,
});

/** Goes on where a time has come: a trial is over, a payment is due, patience is at its end. */
export const passSubscriptionTime = defineActivity({
  kind: 'retriable',
  access: 'lifecycle',
  input: EntityAlarm,
  output: EntityStanding,
  bounds,
});

/** The subscription of a tenant, from its trial to its end; one per tenant. */
export const tenantSubscription = defineWorkflow({
  pattern: 'event-driven',
  input: Input,
  output: EntityEnding,
  identity: () => 'subscription',
});

/** The subscription of the caller's tenant. */
export const getSubscription = defineRead({
  input: z.strictObject({}),
  output: z.strictObject({
    state: SubscriptionState,
    plan: Plan,
    dueAt: z.iso.datetime().optional(),
    failedPayments: z.int(),
    usageUnits: z.int(),
    cancelAtDue: z.boolean(),
    endedBecause: z.enum(ENTITY_REASONS).optional(),
    events: z.strictObject({ applied: z.int(), held: z.int() }),
    changedAt: z.iso.datetime(),
  }),
});
