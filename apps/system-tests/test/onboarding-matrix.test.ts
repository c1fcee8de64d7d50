import type { OperationView } from '@adx/operations';
import {
  footprint,
  operatorPrincipal,
  projected,
  startCrashingWorker,
  startOnboarding,
  startTestPlatform,
} from '@adx/testing';
import type { CrashingWorker, Fault, Footprint, Onboarding, ServiceName, TestPlatform } from '@adx/testing';

// Every step of the onboarding meets every kind of failure, and every undo does. For each: how it ends, in which order it
// is undone, what is left in the three services, and what their ledgers say. Each test also proves that its fault fired.

const SERVICE = {
  reserveTenant: 'tenant',
  createOwner: 'user',
  openChannels: 'notification',
  activateTenant: 'tenant',
  sendWelcome: 'notification',
} as const satisfies Record<string, ServiceName>;
type Step = keyof typeof SERVICE;

const COMPENSATABLE = ['reserveTenant', 'createOwner', 'openChannels'] as const;
const ALL = Object.keys(SERVICE) as Step[];
const NOTHING = { rows: { tenants: 0, users: 0, channels: 0 }, accessRows: 0 };
const EVERYTHING = { rows: { tenants: 1, users: 1, channels: 1 }, accessRows: 6 };
/** Attempts that are used up take as long as their waits; the rest keeps the usual scale. */
const QUICK = 0.01;

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());
afterEach(() => platform.faults.set());

const before = (step: Step) => ALL.slice(0, ALL.indexOf(step));
const reversed = (steps: readonly string[]) => [...steps].reverse();

async function ending({ operationId }: Onboarding): Promise<OperationView> {
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  return (await platform.operations.get(operationId))!;
}

async function parked({ operationId }: Onboarding): Promise<OperationView> {
  return waitFor(async () => {
    const view = await platform.operations.get(operationId);
    return view?.status === 'needs-attention' ? view : undefined;
  });
}

async function retry(onboarding: Onboarding, step: string): Promise<void> {
  const { operationId, tenantId } = onboarding;
  const outcome = await platform.operations.resolve(operationId, {
    resolution: { step, action: 'retry', reason: 'mended', fingerprint: 'f' },
    call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
    updateId: `${operationId}/${step}`,
  });
  expect(outcome?.outcome).toBe('resolved');
}

async function waitFor<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > end) throw new Error('what was waited for did not happen within 60 s');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const fired = () => platform.faults.fired();
const hasFired = () => waitFor(() => (fired().every((times) => times > 0) ? true : undefined));

/** The footprint of an onboarding that was undone from a step on. */
function undoneFrom(step: Step, own: 'fenced' | 'undone'): Partial<Footprint> {
  const done = before(step);
  const undone = own === 'undone' ? [...done, step] : done;
  return {
    ...NOTHING,
    ledger: { ...Object.fromEntries(done.map((name) => [name, 'undone'])), [step]: own },
    undone: reversed(undone),
  };
}

/** The footprint of a whole onboarding, each effect caused once. */
const whole = {
  ...EVERYTHING,
  ledger: Object.fromEntries(ALL.map((name) => [name, 'done'])),
  undone: [],
  effects: ALL,
};

async function expectWhole(onboarding: Onboarding): Promise<void> {
  expect((await ending(onboarding)).status).toBe('completed');
  await projected(platform.database, onboarding.tenantId);
  // A person's decisions are ledger steps of their own.
  const { ledger, effects, ...rest } = await footprint(platform, onboarding);
  const own = ([name]: readonly [string, unknown]) => !name.includes('.resolve');
  expect({
    ...rest,
    ledger: Object.fromEntries(Object.entries(ledger).filter(own)),
    effects: effects.filter((name) => own([name, undefined])),
  }).toEqual(whole);
  expect(platform.inbox.messages().filter(({ to }) => to === onboarding.input.ownerEmail)).toHaveLength(1);
}

async function expectUndone(onboarding: Onboarding, status: string, left: Partial<Footprint>): Promise<void> {
  expect((await ending(onboarding)).status).toBe(status);
  // What others were told of the tenant, they are told is over.
  await projected(platform.database, onboarding.tenantId);
  expect(await footprint(platform, onboarding)).toMatchObject(left);
}

const start = (boundsScale?: number) =>
  startOnboarding(platform, {
    // One mailbox for each onboarding: a welcome mail is counted by it.
    ownerEmail: `ada-${crypto.randomUUID()}@acme.example`,
    ...(boundsScale === undefined ? {} : { boundsScale }),
  });

describe('a declared error', () => {
  const errors: readonly [Step, Fault['action'], string][] = [
    ['reserveTenant', { kind: 'declared', name: 'SlugTaken', details: { slug: 'acme' } }, 'tenant.SlugTaken'],
    ['createOwner', { kind: 'declared', name: 'OwnerExists', details: {} }, 'user.OwnerExists'],
    [
      'openChannels',
      { kind: 'declared', name: 'AddressRejected', details: { domain: 'x.example' } },
      'notification.AddressRejected',
    ],
    // The contract declares none for the pivot: the kernel's own final failure stands in.
    ['activateTenant', { kind: 'failure', type: 'DatabaseRefused' }, 'DatabaseRefused'],
  ];
  test.each(errors)('of %s undoes what was before it', async (step, action, type) => {
    platform.faults.set({ activity: step, point: 'before-transaction', action });
    const onboarding = await start();
    await expectUndone(onboarding, 'compensated', undoneFrom(step, 'fenced'));
    expect((await platform.operations.get(onboarding.operationId))?.error?.type).toBe(type);
    expect(fired()).toEqual([1]);
  });

  test('of sendWelcome parks: behind the pivot there is no way back', async () => {
    platform.faults.set({
      activity: 'sendWelcome',
      point: 'before-transaction',
      action: { kind: 'failure', type: 'DatabaseRefused' },
    });
    const onboarding = await start();
    const { attention } = await parked(onboarding);
    expect(attention).toMatchObject([{ step: 'sendWelcome', phase: 'tail', error: { type: 'DatabaseRefused' } }]);
    expect(fired()).toEqual([1]);
    platform.faults.set();
    await retry(onboarding, 'sendWelcome');
    await expectWhole(onboarding);
  });
});

describe('attempts that are used up', () => {
  test.each([...COMPENSATABLE, 'activateTenant'] as const)('by %s undo what was before it', async (step) => {
    platform.faults.set({ activity: step, point: 'before-transaction', action: { kind: 'error' } });
    await expectUndone(await start(QUICK), 'compensated', undoneFrom(step, 'fenced'));
    expect(fired()).toEqual([10]);
  });

  test('by sendWelcome park it', async () => {
    platform.faults.set({ activity: 'sendWelcome', point: 'before-transaction', action: { kind: 'error' } });
    const onboarding = await start(QUICK);
    await parked(onboarding);
    expect(fired()).toEqual([10]);
    platform.faults.set();
    await retry(onboarding, 'sendWelcome');
    await expectWhole(onboarding);
  });
});

describe('a timeout after the effect was committed', () => {
  test.each(ALL)('of %s is no second effect: the next attempt finds it done', async (step) => {
    platform.faults.set({ activity: step, point: 'after-commit', action: { kind: 'hang' }, times: 1 });
    await expectWhole(await start());
    expect(fired()).toEqual([1]);
  });

  /** The first attempt commits and is never heard of, the others never get to the database. */
  const unknownOutcome = (step: Step) =>
    platform.faults.set(
      { activity: step, point: 'after-commit', action: { kind: 'hang' }, times: 1 },
      { activity: step, point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
    );

  test.each(COMPENSATABLE)('of %s whose other attempts are used up is undone by the ledger', async (step) => {
    unknownOutcome(step);
    await expectUndone(await start(), 'compensated', undoneFrom(step, 'undone'));
    expect(fired()).toEqual([1, 9]);
  });

  test('of activateTenant goes forward: its ledger says that it was done', async () => {
    unknownOutcome('activateTenant');
    await expectWhole(await start());
    expect(fired()).toEqual([1, 9]);
  });

  test('of sendWelcome parks, and a retry finds the mail sent', async () => {
    unknownOutcome('sendWelcome');
    const onboarding = await start(QUICK);
    await parked(onboarding);
    expect(fired()).toEqual([1, 9]);
    platform.faults.set();
    await retry(onboarding, 'sendWelcome');
    await expectWhole(onboarding);
  });
});

describe('a crash after the commit and before the report', () => {
  test.each(ALL)('of the worker that runs %s loses nothing and repeats nothing', async (step) => {
    const service = SERVICE[step];
    const worker = await startCrashingWorker(platform, service, [
      { activity: step, point: 'after-commit', action: { kind: 'kill' }, times: 1 },
    ]);
    const onboarding = await afterCrash(worker, service, () => start());
    await expectWhole(onboarding);
  });
});

describe('a cancellation', () => {
  test.each(COMPENSATABLE)('during %s undoes, and the attempt under way comes too late', async (step) => {
    platform.faults.set({ activity: step, point: 'before-transaction', action: { kind: 'hang' } });
    const onboarding = await start();
    await hasFired();
    await platform.operations.cancel(onboarding.operationId);
    await expectUndone(onboarding, 'cancelled', undoneFrom(step, 'fenced'));
    // The attempts that hung go on now, long after the undo.
    platform.faults.set();
    await waitFor(() =>
      platform.log.find(
        (entry) =>
          entry['operationId'] === onboarding.operationId &&
          entry['step'] === step &&
          entry['errorType'] === 'StepFenced',
      ),
    );
    expect(await footprint(platform, onboarding)).toMatchObject(undoneFrom(step, 'fenced'));
  });

  test.each(['activateTenant', 'sendWelcome'] as const)('during %s is not heard any more', async (step) => {
    platform.faults.set({ activity: step, point: 'before-transaction', action: { kind: 'hang' }, times: 1 });
    const onboarding = await start();
    await hasFired();
    await platform.operations.cancel(onboarding.operationId);
    platform.faults.set();
    await expectWhole(onboarding);
  });
});

describe('an undo', () => {
  /** The pivot fails for certain, so that all three steps before it are undone. */
  const noPivot: Fault = {
    activity: 'activateTenant',
    point: 'before-transaction',
    action: { kind: 'failure', type: 'DatabaseRefused' },
  };
  const all = undoneFrom('activateTenant', 'fenced');

  test.each(COMPENSATABLE)('of %s whose attempts are used up waits for a person, the others go on', async (step) => {
    platform.faults.set(noPivot, {
      activity: step,
      mode: 'undo',
      point: 'before-transaction',
      action: { kind: 'error' },
    });
    const onboarding = await start(QUICK);
    await parked(onboarding);
    const others = COMPENSATABLE.filter((name) => name !== step);
    await waitFor(async () => {
      const { undone } = await footprint(platform, onboarding);
      return undone.length === others.length || undefined;
    });
    expect((await footprint(platform, onboarding)).ledger[step]).toBe('done');
    expect(fired()).toEqual([1, 20]);
    platform.faults.set();
    await retry(onboarding, step);
    expect((await ending(onboarding)).status).toBe('compensated');
    await projected(platform.database, onboarding.tenantId);
    const { undone, ledger, ...rest } = await footprint(platform, onboarding);
    expect(rest).toMatchObject(NOTHING);
    expect(ledger).toMatchObject(all.ledger!);
    expect(undone).toEqual([...reversed(others), step]);
  });

  test.each(COMPENSATABLE)('of %s that crashes after its commit is not repeated', async (step) => {
    const service = SERVICE[step];
    const faults: Fault[] = [
      { activity: step, mode: 'undo', point: 'after-commit', action: { kind: 'kill' }, times: 1 },
    ];
    platform.faults.set(noPivot);
    const worker = await startCrashingWorker(platform, service, service === 'tenant' ? [noPivot, ...faults] : faults);
    const onboarding = await afterCrash(worker, service, () => start());
    await expectUndone(onboarding, 'compensated', all);
  });
});

/** Starts something that kills the worker, and brings an ordinary worker back. */
async function afterCrash<T>(worker: CrashingWorker, service: ServiceName, begin: () => Promise<T>): Promise<T> {
  try {
    const begun = await begin();
    await worker.crashed();
    return begun;
  } finally {
    await worker.stop();
    await platform.startWorker(service);
  }
}
