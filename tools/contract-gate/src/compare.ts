import type { Payload } from './payload.ts';
import { payloadFaults } from './payload-rules.ts';
import type { Role } from './payload-rules.ts';
import type { PayloadsByName, Snapshot } from './snapshot.ts';

/** A change that somebody of the last release, or a process that runs, could not live with. */
export interface Refusal {
  readonly contract: string;
  /** `activities.reserveTenant`, or `taskQueue`. */
  readonly entry: string;
  /** `input.slug`; empty when it is about the entry. */
  readonly field: string;
  readonly rule: string;
  readonly fix: string;
}

/** What a contract has become since it was released. */
export interface Comparison {
  readonly refused: readonly Refusal[];
  /** Entries that are new: there is nothing to be compatible with. */
  readonly added: readonly string[];
}

type Entry = Readonly<Record<string, unknown>>;

/** What is compared of each kind of entry, and how. */
interface Rules {
  readonly noun: string;
  /** May not change: code and rows of what runs depend on it. */
  readonly fixed: readonly string[];
  /** Lists that may only grow. */
  readonly growing: readonly string[];
  readonly payloads: Readonly<Record<string, (entry: Entry) => Role>>;
  /** Payloads by name; the names may only become more. */
  readonly named: Readonly<Record<string, { readonly noun: string; readonly role: Role }>>;
}

const recordedUnlessReadonly = ({ kind }: Entry): Role => (kind === 'readonly' ? 'input' : 'recorded-input');
const errors = { errors: { noun: 'error', role: 'result' } } as const;

const GROUPS: Readonly<Record<'activities' | 'workflows' | 'reads' | 'events' | 'uploads', Rules>> = {
  activities: {
    noun: 'activity',
    fixed: ['kind', 'effect', 'access'],
    growing: ['roles'],
    payloads: { input: recordedUnlessReadonly, output: () => 'result' },
    named: errors,
  },
  workflows: {
    noun: 'workflow',
    fixed: ['pattern', 'identity', 'undoneBy'],
    growing: [],
    payloads: { input: () => 'input', output: () => 'result' },
    named: { signals: { noun: 'signal', role: 'input' } },
  },
  reads: {
    noun: 'read',
    fixed: [],
    growing: [],
    payloads: { input: () => 'input', output: () => 'answer' },
    named: errors,
  },
  events: { noun: 'event', fixed: [], growing: ['to'], payloads: { payload: () => 'event' }, named: {} },
  uploads: {
    noun: 'upload',
    fixed: [],
    growing: ['roles', 'mediaTypes'],
    payloads: { input: () => 'input', output: () => 'answer' },
    named: {},
  },
};

/** Compares a contract with what was released of it, and finds every change that is refused. */
export function compareContracts(released: Snapshot, current: Snapshot): Comparison {
  const { service } = released;
  const refused: Refusal[] = [];
  const added: string[] = [];
  const refuse = (entry: string, field: string, rule: string, fix: string) =>
    void refused.push({ contract: service, entry, field, rule, fix });

  for (const fixed of ['service', 'taskQueue'] as const) {
    if (released[fixed] !== current[fixed]) {
      const rule = `is ${current[fixed]}, and was ${released[fixed]}, by which running processes find it`;
      refuse(fixed, '', rule, 'keep it, or make a contract of its own beside this one');
    }
  }
  for (const [group, rules] of Object.entries(GROUPS) as [keyof typeof GROUPS, Rules][]) {
    const [before, now] = [released[group], current[group]] as unknown as Readonly<Record<string, Entry>>[];
    added.push(
      ...Object.keys(now!)
        .filter((name) => !(name in before!))
        .map((name) => `${group}.${name}`),
    );
    for (const [name, entry] of Object.entries(before!)) {
      const path = `${group}.${name}`;
      const rest = now![name];
      if (rest) compareEntry(rules, name, entry, rest, (...found) => refuse(path, ...found));
      else refuse(path, '', 'is gone', `keep it as long as something needs it; ${WHO_NEEDS_IT}`);
    }
  }
  return { refused, added };
}

const WHO_NEEDS_IT = '"npm run contracts -- running" says what does';

type Refuse = (field: string, rule: string, fix: string) => void;

function compareEntry(rules: Rules, name: string, before: Entry, now: Entry, refuse: Refuse): void {
  const { noun, fixed, growing, payloads, named } = rules;
  const newName = `give the ${noun} a new name: ${nextName(name)}`;
  for (const field of fixed) {
    // What was not said before may be said now: nobody relies on that it is not.
    if (before[field] !== undefined && before[field] !== now[field]) {
      refuse(field, `is ${(now[field] as string | undefined) ?? 'none'}, and was ${before[field] as string}`, newName);
    }
  }
  for (const field of growing) {
    const lost = (before[field] as readonly string[]).filter((one) => !(now[field] as readonly string[]).includes(one));
    if (lost.length > 0) refuse(field, `no longer has ${lost.join(', ')}`, `keep it, or ${newName}`);
  }
  const payload = (field: string, role: Role, was: Payload, is: Payload, rename: string) => {
    for (const { path, rule, instead } of payloadFaults(role, was, is)) {
      refuse([field, path].filter(Boolean).join('.'), rule, instead ? `${instead}, or ${rename}` : rename);
    }
  };
  for (const [field, roleOf] of Object.entries(payloads)) {
    payload(field, roleOf(before), before[field] as Payload, now[field] as Payload, newName);
  }
  for (const [field, { noun: one, role }] of Object.entries(named)) {
    const [was, is] = [before[field], now[field]] as PayloadsByName[];
    for (const [key, released] of Object.entries(was!)) {
      const current = is![key];
      if (!current) refuse(`${field}.${key}`, 'is gone', `keep the ${one}: ${GONE_NAMED[one as 'error' | 'signal']}`);
      else payload(`${field}.${key}`, role, released, current, `give the ${one} a new name: ${nextName(key)}`);
    }
  }
}

const GONE_NAMED = {
  error: 'histories have it, and callers tell it by its name',
  signal: 'running processes wait for it, and senders of the last release send it',
} as const;

/** `setPlan` -> `setPlan2` -> `setPlan3`. */
function nextName(name: string): string {
  const [, stem, number] = /^(.*?)(\d*)$/.exec(name)!;
  return `${stem}${number === '' ? 2 : Number(number) + 1}`;
}
