import { z } from 'zod';
import { jsonVariable } from '../json-variable.ts';

/** Five fields, in UTC; null for never: what another tool starts needs no schedule here. */
const Cron = z
  .string()
  .regex(/^\S+( \S+){4}$/, 'is no cron of five fields')
  .nullable();

/** How a service keeps its data in order. */
export const MaintenanceSettings = z.strictObject({
  schedules: z
    .strictObject({
      reconciliation: Cron.default('15 1 * * *'),
      'audit-check': Cron.default('45 1 * * *'),
      retention: Cron.default('15 2 * * *'),
    })
    .prefault({}),
  /** What has not been delivered, sealed or ended for so long is found. */
  unfinishedMinutes: z.int().positive().default(60),
  /** How far a reconciliation looks back at processes that have ended: longer than between two of them. */
  lookBackDays: z.int().positive().default(8),
  /** Longer than Temporal keeps a process that has ended, or a reset could not find what was done. */
  ledgerDays: z.int().positive().default(90),
  /** Uploads that never became an import, and what was wrong with rows of imports. */
  stagingDays: z.int().positive().default(30),
});
export type MaintenanceSettings = z.output<typeof MaintenanceSettings>;

/** The variables of a service that keeps its data in order. */
export const MaintenanceVariables = {
  RECONCILER_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('connects as the reconciler role of the service'),
  /** JSON: `{ "schedules": { "reconciliation": "15 1 * * *", "audit-check", "retention" }, "ledgerDays": 90, ... }` */
  ADX_MAINTENANCE: jsonVariable(MaintenanceSettings).default(MaintenanceSettings.parse({})),
} as const;
