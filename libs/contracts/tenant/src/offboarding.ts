import { defineActivity, defineRead, defineTenantRemoval, defineWorkflow, milliseconds } from '@adx/contract-kit';
import type { Duration } from '@adx/contract-kit';
import { z } from 'zod';

/** The process waits so long at most: its deadline comes after it. */
export const LONGEST_GRACE: Duration = '365d';

/** How long an offboarding may be withdrawn. */
export const OffboardingGrace = z
  .templateLiteral([z.int().positive(), z.enum(['s', 'm', 'h', 'd'])])
  .refine((grace) => milliseconds(grace) <= milliseconds(LONGEST_GRACE), `is longer than ${LONGEST_GRACE}`);

const bounds = { attempt: '10s', attempts: 10 } as const;

export const offboardingActivities = {
  /**
   * Closes the tenant to its members, who may read and change nothing, and keeps other changes of its status away. Undone
   * to the status before.
   */
  beginOffboarding: defineActivity({
    kind: 'compensatable',
    access: 'lifecycle',
    input: z.strictObject({}),
    output: z.strictObject({
      /** The number of this change of the tenant's status. */
      version: z.int().positive(),
      grace: OffboardingGrace,
    }),
    errors: {
      /** It is still being onboarded. */
      TenantPending: z.strictObject({}),
      /** A change of its status, or another offboarding, is under way. */
      TenantBusy: z.strictObject({}),
    },
    bounds,
  }),
  beginRemoval: defineActivity({
    kind: 'pivot',
    because: 'what is removed from here on is nowhere else',
    access: 'lifecycle',
    input: z.strictObject({}),
    output: z.strictObject({}),
    bounds,
  }),
  /** Ends every process of the tenant: none can go on without its rows, and none is readable without its key. */
  endProcesses: defineActivity({
    kind: 'retriable',
    effect: 'external',
    access: 'lifecycle',
    input: z.strictObject({}),
    output: z.strictObject({ ended: z.int().nonnegative() }),
    bounds: { attempt: '1m', attempts: 20 },
  }),
  removeTenantRows: defineTenantRemoval(),
  /** Makes every history of the tenant unreadable. The process that does it belongs to the platform, as it goes on after. */
  destroyKeys: defineActivity({
    kind: 'retriable',
    effect: 'external',
    access: 'lifecycle',
    input: z.strictObject({}),
    output: z.strictObject({ versions: z.int().nonnegative() }),
    bounds: { attempt: '30s', attempts: 20 },
  }),
};

/**
 * A tenant that leaves: closed, and after its grace gone from every service, its keys last. Until then it is withdrawn by
 * a cancellation, which leaves everything as it was. An operation of the platform, whose principal is one of the tenant.
 */
export const offboardTenant = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({}),
  output: z.strictObject({}),
  identity: 'request',
});

/** The offboarding of the caller's tenant, until its rows are gone. */
export const getOffboarding = defineRead({
  input: z.strictObject({}),
  output: z.strictObject({
    operationId: z.string(),
    beganAt: z.iso.datetime(),
    /** From then on it cannot be withdrawn. */
    removalAt: z.iso.datetime(),
  }),
});
