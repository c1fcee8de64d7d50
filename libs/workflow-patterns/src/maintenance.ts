import type { Bound, maintenanceActivities, maintenanceWorkflows } from '@adx/contract-kit';
import { saga } from './saga/saga.ts';
import { standard } from './standard/standard.ts';

type BoundAll<D> = { readonly [K in keyof D]: D[K] & Bound };

/** A contract with the entries that keep a service's data in order. */
export interface Maintained {
  readonly activities: BoundAll<typeof maintenanceActivities>;
  readonly workflows: BoundAll<typeof maintenanceWorkflows>;
}

/**
 * The two processes by which a service keeps its own data in order.
 *
 * @example
 * export const { maintain, followFinding } = maintenance(userContract);
 */
export function maintenance({ activities, workflows }: Maintained) {
  return {
    maintain: standard(workflows.maintain, activities.runMaintenance),
    followFinding: saga(
      workflows.followFinding,
      async (run, finding) => {
        const live = await run.pivot(activities.recordFinding, finding);
        const { kind, subject } = finding;
        // Nothing is to be given up here: whoever leaves it as it is skips it.
        await live.tail(activities.confirmRepair, { kind, subject }, { actions: ['retry', 'skip', 'done-by-hand'] });
        return {};
      },
      { deadline: '1d' },
    ),
  };
}
