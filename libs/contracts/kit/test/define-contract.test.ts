import {
  ContractDefinitionError,
  defineActivity,
  defineContract,
  defineEvent,
  defineRead,
  defineWorkflow,
} from '@adx/contract-kit';
import type { ActivityDefinition, Contract } from '@adx/contract-kit';
import { z } from 'zod';

const Nothing = z.strictObject({});
const sound = defineActivity({
  kind: 'compensatable',
  roles: ['owner'],
  input: Nothing,
  output: Nothing,
  bounds: { attempt: '10s', attempts: 3 },
});
const read = defineRead({ input: Nothing, output: Nothing });
const workflow = defineWorkflow({ pattern: 'saga', input: Nothing, output: Nothing, identity: 'request' });

/** A definition as a cast or plain JavaScript may bring it. */
const broken = (changes: Record<string, unknown>) => ({ ...sound, ...changes }) as ActivityDefinition;

function faultsOf(define: () => Contract): readonly string[] {
  try {
    define();
  } catch (error) {
    if (error instanceof ContractDefinitionError) return error.faults;
    throw error;
  }
  return [];
}

const faultsOfActivity = (activity: ActivityDefinition) =>
  faultsOf(() => defineContract({ service: 'hall', taskQueue: 'hall', activities: { reserve: activity } }));

describe('a sound contract', () => {
  const contract = defineContract({
    service: 'hall',
    taskQueue: 'hall-queue',
    activities: { reserve: sound },
    workflows: { book: workflow },
    reads: { getHall: read },
  });

  test('binds every definition to its name, its owner and its queue', () => {
    const owner = { service: 'hall', taskQueue: 'hall-queue' };
    expect(contract.activities.reserve).toEqual({ ...sound, ...owner, name: 'reserve' });
    expect(contract.workflows.book).toMatchObject({ ...owner, name: 'book', pattern: 'saga' });
    expect(contract.reads.getHall).toMatchObject({ ...owner, name: 'getHall' });
  });

  test('leaves the definition itself as it was', () => expect(sound).not.toHaveProperty('name'));

  test('may have activities only', () => {
    expect(defineContract({ service: 'a', taskQueue: 'a', activities: {} })).toMatchObject({
      workflows: {},
      reads: {},
    });
  });
});

test('defaults of an activity are written out', () => {
  expect(sound).toMatchObject({ effect: 'database', access: 'member', errors: {} });
  expect(sound).not.toHaveProperty('because');
});

describe('a contract with faults', () => {
  test('names all of them at once, each with offender, rule and fix', () => {
    const faults = faultsOf(() =>
      defineContract({
        service: 'Hall',
        taskQueue: 'hall queue',
        activities: {
          Reserve: sound,
          release: broken({ bounds: undefined }),
          open: broken({ kind: 'pivot' }),
          shared: broken({ errors: { notFound: Nothing } }),
        },
        workflows: { shared: workflow, patternless: { ...workflow, pattern: undefined as never } },
        reads: { getHall: { ...read, errors: { gone: Nothing } } },
      }),
    );
    expect(faults).toEqual([
      'service "Hall": must be kebab-case; for example "billing"',
      'taskQueue "hall queue": must be kebab-case; use the service name',
      'Hall.activities.Reserve: must be a camelCase identifier; rename it',
      'Hall.workflows.shared: has the name of Hall.activities.shared; names are unique within a contract, rename one',
      "Hall.activities.release: has no bounds; add bounds: { attempt: '10s', attempts: 5 }",
      "Hall.activities.open: is a pivot without a reason; say because: '<what cannot be taken back from here on>'",
      'Hall.activities.shared: declares the error "notFound"; error names are PascalCase',
      'Hall.reads.getHall: declares the error "gone"; error names are PascalCase',
      "Hall.workflows.patternless: has no pattern; say pattern: 'standard', 'saga', ...",
    ]);
  });

  test('says so in a message that counts and lists', () => {
    expect(() =>
      defineContract({ service: 'hall', taskQueue: 'X', activities: { open: broken({ bounds: undefined }) } }),
    ).toThrow(
      /^the contract of "hall" has 2 fault\(s\):\n {2}- taskQueue "X": .*\n {2}- hall\.activities\.open: has no bounds/,
    );
  });
});

describe('an activity is refused when', () => {
  test.each([
    ['its attempts are none', { bounds: { attempt: '1s', attempts: 0 } }, 'bounds.attempts is 0; give a whole number'],
    [
      'its attempts are a fraction',
      { bounds: { attempt: '1s', attempts: 1.5 } },
      'bounds.attempts is 1.5; give a whole',
    ],
    ['its attempts are missing', { bounds: { attempt: '1s' } }, 'bounds.attempts is undefined; give a whole number'],
    [
      'its attempt is no duration',
      { bounds: { attempt: 'soon', attempts: 1 } },
      'bounds.attempt is no duration; "soon"',
    ],
    ['its attempt has no unit', { bounds: { attempt: 10, attempts: 1 } }, 'bounds.attempt is no duration; "10"'],
    [
      'its attempt is too long',
      { bounds: { attempt: '6m', attempts: 1 } },
      "bounds.attempt is 6m; an attempt over 5m says that it lives: add heartbeat: '30s', or split the work",
    ],
    [
      'its heartbeat is no duration',
      { bounds: { attempt: '1h', attempts: 1, heartbeat: 'often' } },
      'bounds.heartbeat is no duration; "often" is not a duration',
    ],
    [
      'its heartbeat measures the machine',
      { bounds: { attempt: '1h', attempts: 1, heartbeat: '500ms' } },
      'bounds.heartbeat is 500ms; give at least 1s',
    ],
    [
      'its heartbeat comes too late',
      { bounds: { attempt: '10s', attempts: 1, heartbeat: '10s' } },
      'bounds.heartbeat is 10s, and bounds.attempt 10s; a heartbeat is shorter than the attempt',
    ],
    ['its reason is blank', { kind: 'pivot', because: ' ' }, 'is a pivot without a reason; say because'],
    ['members without a role may call it', { roles: [] }, "has member access but no roles; say roles: ['owner', ...]"],
    [
      'it is readonly and external',
      { kind: 'readonly', effect: 'external' },
      'is readonly and external; a call to another',
    ],
    [
      'it is a pivot and fetched',
      { kind: 'pivot', effect: 'fetched', because: 'it is read' },
      'is a pivot and fetched; what is fetched',
    ],
  ])('%s', (_when, changes, fault) => {
    expect(faultsOfActivity(broken(changes))).toEqual([expect.stringContaining(`hall.activities.reserve: ${fault}`)]);
  });

  test('not when its attempt is as long as it may be', () => {
    expect(faultsOfActivity(broken({ bounds: { attempt: '5m', attempts: 1 } }))).toEqual([]);
    expect(faultsOfActivity(broken({ bounds: { attempt: '6h', attempts: 1, heartbeat: '30s' } }))).toEqual([]);
  });
});

describe('processes', () => {
  const any = z.strictObject({});
  const back = defineWorkflow({
    pattern: 'saga',
    input: z.strictObject({ input: any, output: any }),
    output: any,
    identity: 'request',
  });
  const there = (more: object = {}) =>
    defineWorkflow({ pattern: 'saga', input: any, output: any, identity: 'request', undoneBy: back, ...more });

  test('are undone by one that knows, within the contract, where it runs', () => {
    const { workflows } = defineContract({
      service: 'hall',
      taskQueue: 'hall-queue',
      activities: {},
      workflows: { back, there: there() },
    });
    expect(workflows.there.undoneBy).toMatchObject({ name: 'back', service: 'hall', taskQueue: 'hall-queue' });
  });

  test('are not undone by one of nowhere, and not told what cannot be told', () => {
    const signals = { Paid: any, resolveStep: any, reserve: any };
    const define = () =>
      defineContract({
        service: 'hall',
        taskQueue: 'hall',
        activities: {
          reserve: defineActivity({
            kind: 'retriable',
            access: 'lifecycle',
            input: any,
            output: any,
            bounds: { attempt: '5s', attempts: 1 },
          }),
        },
        workflows: { there: there({ signals }) },
      });
    expect(define).toThrow(/there: is undone by a workflow that is not in this contract/);
    expect(define).toThrow(/is told "Paid"/);
    expect(define).toThrow(/is told "resolveStep"/);
    expect(define).toThrow(/is told "reserve", which is an activity/);
  });
});

describe('an event', () => {
  const told = (to: readonly string[], name = 'seatSold') =>
    faultsOf(() =>
      defineContract({
        service: 'hall',
        taskQueue: 'hall',
        activities: { reserve: sound },
        events: { [name]: { ...defineEvent({ to: ['billing'], payload: Nothing }), to } },
      }),
    );

  test('is bound to its owner, like an activity', () => {
    const events = { seatSold: defineEvent({ to: ['billing'], payload: Nothing }) };
    const { seatSold } = defineContract({ service: 'hall', taskQueue: 'seats', activities: {}, events }).events;
    expect(seatSold).toMatchObject({ name: 'seatSold', service: 'hall', taskQueue: 'seats', to: ['billing'] });
  });

  test.each([
    [[], 'is addressed to nobody'],
    [['hall'], 'is addressed to its own service'],
    [['Billing'], 'has the receiver "Billing"'],
    [['billing', 'billing'], 'names a receiver twice'],
  ])('to %j is a fault', (to, fault) => {
    expect(told(to)).toEqual([expect.stringContaining(`hall.events.seatSold: ${fault}`)]);
  });

  test('with the name of an activity, or no camelCase name, is a fault', () => {
    expect(told(['billing'], 'reserve')).toEqual([expect.stringContaining('has the name of hall.activities.reserve')]);
    expect(told(['billing'], 'Seat-Sold')).toEqual([expect.stringContaining('must be a camelCase identifier')]);
  });
});

test('an upload without roles or media types is a fault of each', () => {
  const stockList = { roles: [], mediaTypes: [], input: Nothing, output: Nothing };
  const faults = faultsOf(() =>
    defineContract({ service: 'hall', taskQueue: 'hall', activities: {}, uploads: { stockList } as never }),
  );
  expect(faults).toEqual([
    expect.stringContaining('hall.uploads.stockList: has no roles'),
    expect.stringContaining('hall.uploads.stockList: takes no media type'),
  ]);
});
