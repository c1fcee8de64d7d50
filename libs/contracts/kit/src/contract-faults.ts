import type { ActivityDefinition } from './activity.ts';
import type { ReadDefinition } from './read.ts';
import type { UploadDefinition } from './upload.ts';
import { milliseconds } from './wire.ts';
import type { AnyWorkflowDefinition } from './workflow.ts';

const NAME = /^[a-z][A-Za-z0-9]*$/;
const ERROR_NAME = /^[A-Z][A-Za-z0-9]*$/;
const QUEUE = /^[a-z][a-z0-9-]*$/;
/** What takes longer than this is not one step; source: 10 x the 30 s of an undo. */
const LONGEST_ATTEMPT_MS = 300_000;

interface Parts {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: Record<string, ActivityDefinition>;
  readonly workflows: Record<string, AnyWorkflowDefinition>;
  readonly reads: Record<string, ReadDefinition>;
  readonly uploads: Record<string, UploadDefinition>;
}

/** Every fault of a contract, so that its author sees all of them in one run. Empty when it is sound. */
export function findFaults({ service, taskQueue, activities, workflows, reads, uploads }: Parts): string[] {
  const faults: string[] = [];
  const report = (offender: string, rule: string, fix: string) => faults.push(`${offender}: ${rule}; ${fix}`);

  if (!QUEUE.test(service)) report(`service "${service}"`, 'must be kebab-case', 'for example "billing"');
  if (!QUEUE.test(taskQueue)) report(`taskQueue "${taskQueue}"`, 'must be kebab-case', 'use the service name');

  const owners = new Map<string, string>();
  const groups = { activities, workflows, reads, uploads };
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
    try {
      if (milliseconds(bounds.attempt) > LONGEST_ATTEMPT_MS) {
        faults.push([`bounds.attempt is ${bounds.attempt}`, 'an attempt takes at most 5m; split the work']);
      }
    } catch (error) {
      faults.push(['bounds.attempt is no duration', (error as Error).message]);
    }
    faults.push(...heartbeatFaults(bounds));
  }
  if (activity.kind === 'pivot' && !activity.because?.trim()) {
    faults.push(['is a pivot without a reason', "say because: '<what cannot be taken back from here on>'"]);
  }
  if (activity.access === 'member' && activity.roles.length === 0) {
    faults.push(['has member access but no roles', "say roles: ['owner', ...], or access: 'provisioning'"]);
  }
  if (activity.kind === 'readonly' && activity.effect === 'external') {
    faults.push(['is readonly and external', 'a call to another system needs the ledger: make it retriable']);
  }
  return faults;
}

function heartbeatFaults({ attempt, heartbeat }: ActivityDefinition['bounds']): Fault[] {
  if (heartbeat === undefined) return [];
  try {
    if (milliseconds(heartbeat) < milliseconds(attempt)) return [];
    return [[`bounds.heartbeat is ${heartbeat}`, `make it shorter than the attempt, or leave it out`]];
  } catch (error) {
    return [['bounds.heartbeat is no duration', (error as Error).message]];
  }
}

function errorNameFaults(errors: Readonly<Record<string, unknown>>): Fault[] {
  return Object.keys(errors)
    .filter((name) => !ERROR_NAME.test(name))
    .map((name) => [`declares the error "${name}"`, 'error names are PascalCase'] as const);
}
