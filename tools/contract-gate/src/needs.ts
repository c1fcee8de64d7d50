import { APPLY_EVENTS_ACTIVITY, DELIVER_EVENTS_WORKFLOW } from '@adx/contract-kit';
import type { OpenProcess } from './open-processes.ts';
import type { Snapshot } from './snapshot.ts';

/** A workflow type that open processes are of. */
export interface NeededWorkflow {
  readonly type: string;
  readonly taskQueue: string;
  readonly open: number;
}

/** An activity that open processes have used, by how many of them. */
export interface NeededActivity {
  readonly type: string;
  readonly taskQueue: string;
  /** It is under way, or waits for a worker. */
  readonly pending: number;
  /** It has ended there: its undo may be still to come, and after a reset it is asked for once more. */
  readonly done: number;
}

/** What must not be removed yet, as far as histories say. */
export interface Needs {
  readonly processes: number;
  readonly queues: readonly string[];
  readonly workflows: readonly NeededWorkflow[];
  readonly activities: readonly NeededActivity[];
  /** Needed, and in no contract: `tenant.workflows.onboardTenant`, by queue, kind and name. */
  readonly missing: readonly string[];
  /** In a contract, and used by no open process so far. */
  readonly unused: readonly string[];
}

/** Adds up what open processes need, and compares it with what the contracts have. */
export function needsOf(processes: readonly OpenProcess[], contracts: readonly Snapshot[]): Needs {
  const workflows = new Map<string, NeededWorkflow>();
  const activities = new Map<string, NeededActivity>();
  for (const { type, taskQueue, activities: used } of processes) {
    const key = `${taskQueue}.workflows.${type}`;
    workflows.set(key, { type, taskQueue, open: (workflows.get(key)?.open ?? 0) + 1 });
    const perProcess = new Map<string, { type: string; taskQueue: string; pending: boolean }>();
    for (const one of used) {
      // An undo is part of its activity, and so is what else the middleware derives from it.
      const [base = one.type] = one.type === APPLY_EVENTS_ACTIVITY ? [one.type] : one.type.split('.', 1);
      const name = `${one.taskQueue}.activities.${base}`;
      const pending = one.pending || (perProcess.get(name)?.pending ?? false);
      perProcess.set(name, { type: base, taskQueue: one.taskQueue, pending });
    }
    for (const [name, one] of perProcess) {
      const { pending, done } = activities.get(name) ?? { pending: 0, done: 0 };
      const { type: activity, taskQueue: queue } = one;
      const [more, ended] = one.pending ? [1, 0] : [0, 1];
      activities.set(name, { type: activity, taskQueue: queue, pending: pending + more, done: done + ended });
    }
  }
  const offered = new Set(contracts.flatMap(offeredBy));
  const needed = [...workflows.keys(), ...activities.keys()].sort();
  return {
    processes: processes.length,
    queues: [...new Set([...workflows.values(), ...activities.values()].map(({ taskQueue }) => taskQueue))].sort(),
    workflows: sorted(workflows),
    activities: sorted(activities),
    missing: needed.filter((name) => !offered.has(name)),
    unused: contracts.flatMap(ownEntries).filter((name) => !needed.includes(name)),
  };
}

/** What a worker of this contract registers, by queue. */
function offeredBy(contract: Snapshot): string[] {
  const { taskQueue, workflows } = contract;
  return [
    ...ownEntries(contract),
    `${taskQueue}.workflows.${DELIVER_EVENTS_WORKFLOW}`,
    `${taskQueue}.activities.${APPLY_EVENTS_ACTIVITY}`,
    // `<workflow>.resolve` and `<workflow>.<signal>.check` are activities, named by their workflow.
    ...Object.keys(workflows).map((name) => `${taskQueue}.activities.${name}`),
  ];
}

function ownEntries({ taskQueue, workflows, activities }: Snapshot): string[] {
  return [
    ...Object.keys(workflows).map((name) => `${taskQueue}.workflows.${name}`),
    ...Object.keys(activities).map((name) => `${taskQueue}.activities.${name}`),
  ];
}

function sorted<T>(byName: ReadonlyMap<string, T>): T[] {
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
