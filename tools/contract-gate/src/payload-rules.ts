import { canonicalJson } from '@adx/contract-kit';
import { misfits } from './misfits.ts';
import type { Misfit } from './misfits.ts';
import { givenBy } from './payload.ts';
import type { Payload, Schema } from './payload.ts';
import { fillings, goneFields } from './schema-fields.ts';

/**
 * Who writes a payload, who reads it, and how. It decides what may become of it (docs/adr/0012):
 * - `input`: callers of the last release and histories hold it, and it is parsed: it may only widen;
 * - `recorded-input`: besides, the ledger has a hash of what the parse made of it;
 * - `result`: of an activity, a process or an error. Nobody parses it, and both consumers of the last release and new code
 *   read it, the latter from histories and ledgers: it may get optional fields, and nothing else;
 * - `answer`: of a read or an upload. Stored nowhere, and the reader parses it: it may only narrow;
 * - `event`: waits in outboxes and inboxes, and the receiver parses it: both ways, and no new field unless the released
 *   schema is an open one.
 */
export type Role = 'input' | 'recorded-input' | 'result' | 'answer' | 'event';

/** What is wrong with a change: where, and what. */
export interface PayloadFault {
  readonly path: string;
  readonly rule: string;
  /** What else than a new name would do. */
  readonly instead?: string;
}

/** What a payload of this role may not become. */
export function payloadFaults(role: Role, released: Payload, current: Payload): PayloadFault[] {
  const before = { takes: released.accepts, makes: givenBy(released) };
  const now = { takes: current.accepts, makes: givenBy(current) };
  const open = role === 'result';
  const onward = (from: Schema) => misfits(from, now.takes, { open }).map((one) => sayOnward(one, role));
  const backward = () => misfits(now.makes, before.takes, { open }).map((one) => sayBackward(one, role));
  const gone = () => goneFields(before.makes, now.makes).map((path) => ({ path, rule: IS_GONE }));

  switch (role) {
    case 'input':
      return onePerField(onward(before.takes));
    case 'recorded-input':
      return onePerField([...onward(before.takes), ...otherFillings(before.takes, now.takes)]);
    case 'answer':
      return onePerField([...gone(), ...backward()]);
    case 'result':
    case 'event':
      return onePerField([...gone(), ...backward(), ...onward(before.makes)]);
  }
}

const IS_GONE = 'is gone, and consumers of the last release look for it';

/** What was written for the last release meets the schema of today. */
function sayOnward(misfit: Misfit, role: Role): PayloadFault {
  const { path, why, values = [] } = misfit;
  const input = role === 'input' || role === 'recorded-input';
  const held = input ? 'callers of the last release and histories' : HELD_BY[role];
  switch (why) {
    case 'missing':
      return { path, rule: `is required now, and ${held} may be without it`, instead: 'make it optional' };
    case 'unknown':
      return { path, rule: `is gone, and ${held} still say it`, instead: 'keep it, as an optional field' };
    case 'values':
      return { path, rule: `no longer may be ${values.join(', ')}, which ${held} have`, instead: 'keep the values' };
    case 'changed':
      return { path, rule: `${changed(misfit.keyword!, misfit.here!, misfit.there!)}, and ${held} have what was` };
  }
}

/** What is written today meets somebody of the last release. */
function sayBackward(misfit: Misfit, role: Role): PayloadFault {
  const { path, why, values = [] } = misfit;
  switch (why) {
    case 'missing':
      return { path, rule: 'may be left out now, and consumers of the last release rely on it' };
    case 'unknown':
      return {
        path,
        rule: `is new, and ${role === 'event' ? 'receivers' : 'readers'} of the last release refuse what they do not know`,
        instead: 'release it as z.object before, which lets unknown fields be',
      };
    case 'values':
      return { path, rule: `may be ${values.join(', ')} now, which consumers of the last release do not know` };
    case 'changed':
      return {
        path,
        rule: `${changed(misfit.keyword!, misfit.there!, misfit.here!)}, which consumers of the last release do not expect`,
      };
  }
}

const HELD_BY = { result: 'histories and ledgers', event: 'outboxes and inboxes', answer: 'answers' } as const;

function changed(keyword: string, was: string, is: string): string {
  return keyword === 'checks' ? `has ${is} check(s) of code, and had ${was}` : `has ${keyword} ${is}, and had ${was}`;
}

/** A retry of a step whose reply was lost would find another input in the ledger than its own: `StepConflict`. */
function otherFillings(before: Schema, now: Schema): PayloadFault[] {
  const [was, is] = [fillings(before), fillings(now)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((path) => canonicalJson(was[path] ?? null) !== canonicalJson(is[path] ?? null))
    .map((path) => ({
      path,
      rule: 'is filled or trimmed by the schema in another way, and the ledger compares what a retry says with what it holds',
      instead: 'make it optional, and decide in the handler',
    }));
}

function onePerField(faults: readonly PayloadFault[]): PayloadFault[] {
  return faults.filter(({ path }, index) => faults.findIndex((other) => other.path === path) === index);
}
