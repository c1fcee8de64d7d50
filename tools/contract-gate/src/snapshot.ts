import type { Contract, Wire } from '@adx/contract-kit';
import { payloadOf } from './payload.ts';
import type { Payload } from './payload.ts';

/** Of declared errors and of signals. */
export type PayloadsByName = Readonly<Record<string, Payload>>;

export interface ActivitySnapshot {
  readonly kind: string;
  readonly effect: string;
  readonly access: string;
  readonly roles: readonly string[];
  readonly input: Payload;
  readonly output: Payload;
  readonly errors: PayloadsByName;
}
export interface WorkflowSnapshot {
  readonly pattern: string;
  /** A business key is a function, which cannot be compared: only that it is one. */
  readonly identity: 'request' | 'business-key';
  readonly undoneBy?: string;
  readonly input: Payload;
  readonly output: Payload;
  readonly signals: PayloadsByName;
}
export interface ReadSnapshot {
  readonly input: Payload;
  readonly output: Payload;
  readonly errors: PayloadsByName;
}
export interface EventSnapshot {
  readonly to: readonly string[];
  readonly payload: Payload;
}
export interface UploadSnapshot {
  readonly roles: readonly string[];
  readonly mediaTypes: readonly string[];
  readonly input: Payload;
  readonly output: Payload;
}

/** A contract as data: all that others rely on. Bounds and reasons are no part of it, they may change at any time. */
export interface Snapshot {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: Readonly<Record<string, ActivitySnapshot>>;
  readonly workflows: Readonly<Record<string, WorkflowSnapshot>>;
  readonly reads: Readonly<Record<string, ReadSnapshot>>;
  readonly events: Readonly<Record<string, EventSnapshot>>;
  readonly uploads: Readonly<Record<string, UploadSnapshot>>;
}

/** Describes a contract as data. */
export function snapshotOf(contract: Contract): Snapshot {
  return {
    service: contract.service,
    taskQueue: contract.taskQueue,
    activities: mapValues(contract.activities, ({ kind, effect, access, roles, input, output, errors }) => ({
      kind,
      effect,
      access,
      roles,
      input: payloadOf(input),
      output: payloadOf(output),
      errors: payloadsOf(errors),
    })),
    workflows: mapValues(contract.workflows, (workflow) => ({
      pattern: workflow.pattern,
      identity: (workflow as { identity?: unknown }).identity === 'request' ? 'request' : 'business-key',
      // Bound by `defineContract`, which gave it its name.
      ...(workflow.undoneBy ? { undoneBy: (workflow.undoneBy as unknown as { name: string }).name } : {}),
      input: payloadOf(workflow.input),
      output: payloadOf(workflow.output),
      signals: payloadsOf(workflow.signals),
    })),
    reads: mapValues(contract.reads, ({ input, output, errors }) => ({
      input: payloadOf(input),
      output: payloadOf(output),
      errors: payloadsOf(errors),
    })),
    events: mapValues(contract.events, ({ to, payload }) => ({ to, payload: payloadOf(payload) })),
    uploads: mapValues(contract.uploads, ({ roles, mediaTypes, input, output }) => ({
      roles,
      mediaTypes,
      input: payloadOf(input),
      output: payloadOf(output),
    })),
  };
}

function payloadsOf(schemas: Readonly<Record<string, Wire>>): PayloadsByName {
  return mapValues(schemas, payloadOf);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
