import { z } from 'zod';
import { defineActivity } from './activity.ts';
import { defineWorkflow } from './workflow.ts';

/** What a service does to keep its own data in order, each by a schedule of its own. */
export const MAINTENANCE_TASKS = ['reconciliation', 'audit-check', 'retention'] as const;
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];

/** Something in a service's data that does not fit together, and that no process will mend. */
export const Finding = z.strictObject({
  /** What is wrong, of a fixed set: `outbox-dead`, `step-unfinished`, ... */
  kind: z.string().max(40),
  /** With which row; the same every time that it is found. */
  subject: z.string().max(400),
  /** For a person. No payloads, no personal data. */
  says: z.string().max(1_000),
});
export type Finding = z.output<typeof Finding>;

const Count = z.int().nonnegative();

/**
 * One task. A reconciliation and an audit check open a `followFinding` for everything they find, and have the open ones
 * looked at again that they do not find any more; a retention removes what is old.
 */
const runMaintenance = defineActivity({
  kind: 'pivot',
  because: 'what was found is told to people, and what was removed is gone',
  effect: 'external',
  access: 'lifecycle',
  input: z.strictObject({ task: z.enum(MAINTENANCE_TASKS) }),
  output: z.object({ found: Count, opened: Count, repaired: Count, removed: z.record(z.string(), Count) }),
  bounds: { attempt: '30m', attempts: 3, heartbeat: '30s' },
});

/** Puts a finding on record. */
const recordFinding = defineActivity({
  kind: 'pivot',
  because: 'people see it from here on',
  access: 'lifecycle',
  input: Finding,
  output: z.strictObject({}),
  bounds: { attempt: '10s', attempts: 10 },
});

/** Looks whether a finding is repaired: it is not as long as this fails. */
const confirmRepair = defineActivity({
  kind: 'retriable',
  effect: 'external',
  access: 'lifecycle',
  input: Finding.pick({ kind: true, subject: true }),
  output: z.strictObject({}),
  errors: { FindingOpen: Finding },
  bounds: { attempt: '5m', attempts: 10 },
});

/** One task of a service, by its schedule or by hand. */
const maintain = defineWorkflow({
  pattern: 'standard',
  input: runMaintenance.input,
  output: runMaintenance.output,
  identity: 'request',
});

/** A finding until it is repaired or answered: it needs attention for as long as it runs. */
const followFinding = defineWorkflow({
  pattern: 'saga',
  input: Finding,
  output: z.strictObject({}),
  identity: 'request',
});

/** Part of the contract of every service that has a database. */
export const maintenanceActivities = { runMaintenance, recordFinding, confirmRepair };
export const maintenanceWorkflows = { maintain, followFinding };
