import type { ActivityDefinition } from './activity.ts';
import type { EventDefinition } from './event.ts';
import { RESOLVE_STEP_UPDATE } from './operation-state.ts';
import type { ReadDefinition } from './read.ts';
import type { UploadDefinition } from './upload.ts';
import { milliseconds } from './wire.ts';
import type { AnyWorkflowDefinition } from './workflow.ts';

const NAME = /^[a-z][A-Za-z0-9]*$/;
const ERROR_NAME = /^[A-Z][A-Za-z0-9]*$/;
const QUEUE = /^[a-z][a-z0-9-]*$/;
/** A longer attempt that nobody hears of hides a dead worker for too long: it heartbeats; source: 10 x the 30 s of an undo. */
const LONGEST_SILENT_ATTEMPT_MS = 300_000;
/** A shorter one measures the machine: a third of it is the time between two heartbeats. */
const SHORTEST_HEARTBEAT_MS = 1_000;

interface Parts {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: Record<string, ActivityDefinition>;
  readonly workflows: Record<string, AnyWorkflowDefinition>;
  readonly reads: Record<string, ReadDefinition>;
  readonly events: Record<string, EventDefinition>;
  readonly uploads: Record<string, UploadDefinition>;
}

/** Every fault of a contract, so that its author sees all of them in one run. Empty when it is sound. */
export function findFaults({ service, taskQueue, activities, workflows, reads, events, uploads }: Parts): string[] {
  const faults: string[] = [];
  const report = (offender: string, rule: string, fix: string) => faults.push(`${offender}: ${rule}; ${fix}`);

  if (!QUEUE.test(service)) report(`service "${service}"`, 'must be kebab-case', 'for example "billing"');
  if (!QUEUE.test(taskQueue)) report(`taskQueue "${taskQueue}"`, 'must be kebab-case', 'use the service name');

  const owners = new Map<string, string>();
  const groups = { activities, workflows, reads, events, uploads };
  for (const [group, definitions] of Object.entries(groups)) {
    for (const name of Object.keys(definitions)) {
      const offender = `${service}.${group}.${name}`;
      if (!NAME.test(name)) report(offender, 'must be a camelCase identifier', 'rename it');
      const other = owners.get(name);
      if (other) report(offender, `has the name of ${other}`, 'names are unique within a contract, rename one');
      else owners.set(name, offender);
    }
  }
  for (const [name, activity] of Object.entries(activities)) {
    const offender = `${service}.activities.${name}`;
    activityFaults(activity).forEach(([rule, fix]) => report(offender, rule, fix));
    errorNameFaults(activity.errors).forEach(([rule, fix]) => report(offender, rule, fix));
  }
  for (const [name, read] of Object.entries(reads)) {
    errorNameFaults(read.errors).forEach(([rule, fix]) => report(`${service}.reads.${name}`, rule, fix));
  }
  for (const [name, upload] of Object.entries(uploads)) {
    const offender = `${service}.uploads.${name}`;
    if (upload.roles.length === 0) report(offender, 'has no roles', "say roles: ['owner', ...]");
    if (upload.mediaTypes.length === 0) report(offender, 'takes no media type', "say mediaTypes: ['text/csv']");
  }
  for (const [name, workflow] of Object.entries(workflows)) {
    if (workflow.pattern === undefined) {
      report(`${service}.workflows.${name}`, 'has no pattern', "say pattern: 'standard', 'saga', ...");
    }
    workflowFaults(workflow, workflows, activities).forEach(([rule, fix]) =>
      report(`${service}.workflows.${name}`, rule, fix),
    );
  }
  for (const [name, { to }] of Object.entries(events)) {
    receiverFaults(service, to).forEach(([rule, fix]) => report(`${service}.events.${name}`, rule, fix));
  }
  return faults;
}

type Fault = readonly [rule: string, fix: string];

function activityFaults(activity: ActivityDefinition): Fault[] {
  const faults: Fault[] = [];
  // Contracts are also written in JavaScript and through casts: the types alone do not keep these out.
  const bounds = activity.bounds as ActivityDefinition['bounds'] | undefined;
  if (!bounds) {
    faults.push(['has no bounds', "add bounds: { attempt: '10s', attempts: 5 }"]);
  } else {
    if (!Number.isInteger(bounds.attempts) || bounds.attempts < 1) {
      faults.push([`bounds.attempts is ${bounds.attempts}`, 'give a whole number of at least 1']);
    }
    faults.push(...durationFaults(bounds));
  }
  if (activity.kind === 'pivot' && !activity.because?.trim()) {
    faults.push(['is a pivot without a reason', "say because: '<what cannot be taken back from here on>'"]);
  }
  if (activity.access === 'member' && activity.roles.length === 0) {
    faults.push(['has member access but no roles', "say roles: ['owner', ...], or access: 'provisioning'"]);
  }
  if (activity.kind === 'readonly' && activity.effect !== 'database') {
    faults.push([`is readonly and ${activity.effect}`, 'a call to another system needs the ledger: make it retriable']);
  }
  if (activity.kind === 'pivot' && activity.effect === 'fetched') {
    faults.push(['is a pivot and fetched', 'what is fetched is applied by a compensatable or a retriable activity']);
  }
  return faults;
}

function durationFaults(bounds: ActivityDefinition['bounds']): Fault[] {
  const faults: Fault[] = [];
  const read = (name: 'attempt' | 'heartbeat'): number | undefined => {
    const duration = bounds[name];
    if (duration === undefined && name === 'heartbeat') return undefined;
    try {
      return milliseconds(duration!);
    } catch (error) {
      faults.push([`bounds.${name} is no duration`, (error as Error).message]);
      return undefined;
    }
  };
  const [attempt, heartbeat] = [read('attempt'), read('heartbeat')];
  if (attempt !== undefined && attempt > LONGEST_SILENT_ATTEMPT_MS && bounds.heartbeat === undefined) {
    faults.push([
      `bounds.attempt is ${bounds.attempt}`,
      "an attempt over 5m says that it lives: add heartbeat: '30s', or split the work",
    ]);
  }
  if (heartbeat !== undefined && heartbeat < SHORTEST_HEARTBEAT_MS) {
    faults.push([`bounds.heartbeat is ${bounds.heartbeat}`, 'give at least 1s']);
  }
  if (attempt !== undefined && heartbeat !== undefined && heartbeat >= attempt) {
    faults.push([
      `bounds.heartbeat is ${bounds.heartbeat}, and bounds.attempt ${bounds.attempt}`,
      'a heartbeat is shorter than the attempt, or leave it out',
    ]);
  }
  return faults;
}

function workflowFaults(workflow: AnyWorkflowDefinition, workflows: Parts['workflows'], activities: object): Fault[] {
  const faults: Fault[] = [];
  const { undoneBy } = workflow;
  if (undoneBy && !Object.values(workflows).includes(undoneBy)) {
    faults.push(['is undone by a workflow that is not in this contract', 'list that workflow, too']);
  }
  // Casts and JavaScript: the types say the same.
  if (undoneBy && undoneBy.pattern !== 'saga') faults.push([`is undone by a ${undoneBy.pattern}`, 'make it a saga']);
  for (const signal of Object.keys(workflow.signals ?? {})) {
    if (!NAME.test(signal) || signal === RESOLVE_STEP_UPDATE) {
      faults.push([
        `is told "${signal}"`,
        `names of signals are camelCase identifiers other than ${RESOLVE_STEP_UPDATE}`,
      ]);
    }
    // Both are steps of an operation, by their names.
    if (Object.hasOwn(activities, signal)) {
      faults.push([`is told "${signal}", which is an activity`, 'rename one']);
    }
  }
  return faults;
}

function receiverFaults(service: string, to: readonly string[]): Fault[] {
  const faults: Fault[] = [];
  if (to.length === 0) faults.push(['is addressed to nobody', "say to: ['billing', ...]"]);
  if (new Set(to).size < to.length) faults.push(['names a receiver twice', 'name each once']);
  for (const receiver of to) {
    if (!QUEUE.test(receiver)) faults.push([`has the receiver "${receiver}"`, 'receivers are services, in kebab-case']);
    if (receiver === service) faults.push(['is addressed to its own service', 'a service need not tell itself']);
  }
  return faults;
}

function errorNameFaults(errors: Readonly<Record<string, unknown>>): Fault[] {
  return Object.keys(errors)
    .filter((name) => !ERROR_NAME.test(name))
    .map((name) => [`declares the error "${name}"`, 'error names are PascalCase'] as const);
}
