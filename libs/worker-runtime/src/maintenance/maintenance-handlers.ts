import type { Finding, MaintenanceTask } from '@adx/contract-kit';
import type { Maintenance } from './maintenance.ts';

interface Seen<I> {
  readonly input: I;
  readonly maintenance: Maintenance;
}
interface Failing {
  readonly fail: { readonly FindingOpen: (details: Finding) => Error };
}

/** Nothing is to be prepared: the types of a contract cannot know that. */
const prepare = () => Promise.resolve(undefined as never);

/**
 * The handlers of what every contract has of maintenance. The chain of the service adds `maintenance`, by its adapters,
 * and heartbeats.
 *
 * @example
 * export const activities = userActivities.handlers({ ...handlers, ...maintenanceHandlers });
 */
export const maintenanceHandlers = {
  runMaintenance: {
    prepare,
    call: async ({ input, maintenance }: Seen<{ readonly task: MaintenanceTask }>) => ({
      ...(await maintenance.run(input.task)),
    }),
  },
  // Its ledger row and its audit entry are the record.
  recordFinding: { run: () => Promise.resolve({}) },
  confirmRepair: {
    prepare,
    call: async ({ input, maintenance, fail }: Seen<Pick<Finding, 'kind' | 'subject'>> & Failing) => {
      const finding = await maintenance.find(input.kind, input.subject);
      if (finding) throw fail.FindingOpen(finding);
      return {};
    },
  },
};
