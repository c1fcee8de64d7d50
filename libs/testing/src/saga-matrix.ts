import type { Contract, Json } from '@adx/contract-kit';
import type { ServiceName } from '@adx/services';
import { startCrashingWorker } from './crashing-worker.ts';
import type { Fault } from './fault-plan.ts';
import { ending, ownFootprint, parked, retryParked, seen } from './matrix-run.ts';
import type { MatrixProcess } from './matrix-run.ts';
import { matrixSteps } from './matrix-steps.ts';
import type { MatrixStep } from './matrix-steps.ts';
import type { TestPlatform } from './test-platform.ts';

/** A saga, and how to see what it did. */
export interface SagaMatrix<Given> {
  readonly platform: TestPlatform;
  /** Of every service whose activities the saga uses. */
  readonly contracts: readonly Contract[];
  /** What must be there before it starts. */
  readonly given: () => Promise<Given>;
  readonly start: (given: Given, boundsScale?: number) => Promise<MatrixProcess>;
  /** What the services hold that the saga changes, comparable between runs: no ids, no times. */
  readonly traces: (given: Given, process: MatrixProcess | undefined) => Promise<Json>;
  /** Checked besides the traces after each run that got through. */
  readonly whole?: (given: Given, process: MatrixProcess) => Promise<void> | void;
  /** `process`: a crash is a real SIGKILL of a worker. `report`: its report is lost, which takes no process. */
  readonly crashes: 'process' | 'report';
}

/** Attempts that are used up take as long as their waits; the rest keeps the usual scale. */
const QUICK = 0.01;
/** A worker process is started and killed, its attempt is given up, and another worker begins: 20 to 70 s on two cores. */
const CRASH_TEST_MS = 240_000;

/**
 * Records a run of a saga and gives what registers its failure matrix, for a `describe`: every step meets a declared error, attempts that are used up, a timeout after
 * its effect, a crash after its commit and a cancellation; every undo meets attempts that are used up and a crash. For
 * each: how it ends, in which order it is undone, what is left in the services, what their ledgers say, and that the
 * fault fired. The steps are those of a run that is recorded first, so that a new one is covered without being listed.
 *
 * @example
 * describe('suspendTenant', await sagaMatrix({ platform, contracts: [tenantContract], given, start, traces, crashes: 'process' }));
 * @throws Error when the recorded run does not get through, or takes a step that no contract has, or none at all
 */
export async function sagaMatrix<Given>(matrix: SagaMatrix<Given>): Promise<() => void> {
  const { platform, contracts, given, start, traces, crashes } = matrix;
  const { faults, operations } = platform;
  const first = await given();
  const recorded = await start(first);
  if (!(await operations.ended(recorded.operationId, 90_000))) throw new Error('the recorded run did not end');
  const steps = matrixSteps((await operations.get(recorded.operationId))!, contracts);
  const wholeTraces = await traces(first, recorded);
  const names = steps.map(({ name }) => name);
  const undoable = steps.filter(({ activity }) => activity.kind === 'compensatable');
  const forward = steps.filter(({ activity }) => activity.kind !== 'compensatable');
  const pivot = steps.find(({ activity }) => activity.kind === 'pivot');
  if (steps.length === 0) throw new Error('the recorded run has no step with an effect');
  /** Not `test.each`, which refuses an empty table: not every saga has steps of every kind. */
  const testEach =
    (some: readonly MatrixStep[]) => (title: string, run: (step: MatrixStep) => Promise<void>, timeoutMs?: number) => {
      for (const step of some) test(title.replace('%s', step.name), () => run(step), timeoutMs);
    };

  const faultAt = (step: MatrixStep, fault: Omit<Fault, 'activity'>): Fault => ({
    activity: step.activity.name,
    ...fault,
  });
  const refused = { point: 'before-transaction', action: { kind: 'failure', type: 'DatabaseRefused' } } as const;
  const broken = { point: 'before-transaction', action: { kind: 'error' } } as const;
  const fired = () => faults.fired();

  /** The faults come after what must be there: that may take the very same steps. */
  async function begin(some: readonly Fault[] = [], scale?: number) {
    const here = await given();
    const before = await traces(here, undefined);
    faults.set(...some);
    return { given: here, before, process: await start(here, scale) };
  }
  type Begun = Awaited<ReturnType<typeof begin>>;

  async function expectWhole({ given: here, process }: Begun): Promise<void> {
    expect((await ending(platform, process)).status).toBe('completed');
    const { ledger, effects, undone } = await ownFootprint(platform, process.operationId);
    expect({ ledger, undone }).toEqual({ ledger: Object.fromEntries(names.map((name) => [name, 'done'])), undone: [] });
    expect(inGroups(effects)).toEqual(inGroups(names));
    expect(await traces(here, process)).toEqual(wholeTraces);
    await matrix.whole?.(here, process);
  }

  /** @param own what the ledger says of the step itself, when it had or had no effect */
  async function expectUndone(begun: Begun, status: string, step: MatrixStep, own: 'fenced' | 'undone') {
    expect((await ending(platform, begun.process)).status).toBe(status);
    await expectNothingLeft(begun, step, own);
  }

  async function expectNothingLeft({ given: here, before, process }: Begun, step: MatrixStep, own: string) {
    expect(await traces(here, process)).toEqual(before);
    const { ledger, undone } = await ownFootprint(platform, process.operationId);
    const beside = (name: string) => step.beside.includes(name);
    const earlier = names.slice(0, names.indexOf(step.name)).filter((name) => !beside(name));
    const alone = (name: string) => !beside(name);
    expect(Object.fromEntries(Object.entries(ledger).filter(([name]) => alone(name)))).toEqual({
      ...Object.fromEntries(earlier.map((name) => [name, 'undone'])),
      [step.name]: own,
    });
    // What went on at the same time may have got to the database or not; it is undone or fenced, and attempted no more.
    for (const name of step.beside) expect(ledger[name]).toMatch(/^(?:undone|fenced)$/);
    const expected = own === 'undone' ? [...earlier, step.name] : earlier;
    expect(inGroups(undone.filter(alone))).toEqual(inGroups(expected.toReversed()));
  }

  /** Steps of one parallel group have no order among themselves. */
  function inGroups(list: readonly string[]): readonly string[] {
    const groups: string[][] = [];
    for (const name of list) {
      const last = groups.at(-1);
      const group = steps.find((step) => step.name === name)?.beside ?? [];
      if (last?.every((other) => group.includes(other))) last.push(name);
      else groups.push([name]);
    }
    return groups.flatMap((group) => group.sort());
  }

  async function parksAndGoesOn(begun: Begun, step: MatrixStep, times: readonly number[]): Promise<void> {
    const { attention } = await parked(platform, begun.process);
    expect(attention).toMatchObject([{ step: step.name, phase: 'tail' }]);
    expect(fired()).toEqual(times);
    await retryParked(platform, begun.process, step.name);
    await expectWhole(begun);
  }

  return () => {
    afterEach(() => faults.set());

    test('takes its steps in the order that was recorded, and each of them once', async () => {
      await expectWhole(await begin());
    });

    describe('a declared error', () => {
      testEach(steps)('of %s', async (step) => {
        const [error] = Object.keys(step.activity.errors);
        const action = error ? ({ kind: 'declared', name: error, details: {} } as const) : refused.action;
        const begun = await begin([faultAt(step, { ...refused, action })]);
        if (step.activity.kind === 'retriable') return parksAndGoesOn(begun, step, [1]);
        await expectUndone(begun, 'compensated', step, 'fenced');
        const type = error ? `${step.activity.service}.${error}` : 'DatabaseRefused';
        expect((await operations.get(begun.process.operationId))?.error?.type).toBe(type);
        expect(fired()).toEqual([1]);
      });
    });

    describe('attempts that are used up', () => {
      testEach(steps)('of %s', async (step) => {
        const begun = await begin([faultAt(step, broken)], QUICK);
        const times = [step.activity.bounds.attempts];
        if (step.activity.kind === 'retriable') return parksAndGoesOn(begun, step, times);
        await expectUndone(begun, 'compensated', step, 'fenced');
        expect(fired()).toEqual(times);
      });
    });

    describe('a timeout after the effect was committed', () => {
      testEach(steps)('of %s is no second effect', async (step) => {
        await expectWhole(await begin([faultAt(step, { point: 'after-commit', action: { kind: 'hang' }, times: 1 })]));
        expect(fired()).toEqual([1]);
      });

      testEach(steps)('of %s whose other attempts are used up', async (step) => {
        // The first attempt commits and is never heard of, the others never get to the database.
        const unknown = [
          faultAt(step, { point: 'after-commit', action: { kind: 'hang' }, times: 1 }),
          faultAt(step, { ...broken, skip: 1 }),
        ];
        const begun = await begin(unknown, step.activity.kind === 'retriable' ? QUICK : undefined);
        const times = [1, step.activity.bounds.attempts - 1];
        if (step.activity.kind === 'retriable') return parksAndGoesOn(begun, step, times);
        if (step.activity.kind === 'pivot') await expectWhole(begun);
        else await expectUndone(begun, 'compensated', step, 'undone');
        expect(fired()).toEqual(times);
      });
    });

    describe('a crash after the commit and before the report', () => {
      testEach(steps)(
        'of %s loses nothing and repeats nothing',
        async (step) => {
          const begun = await crashing(step, 'forward', []);
          await expectWhole(begun);
        },
        CRASH_TEST_MS,
      );
    });

    describe('a cancellation', () => {
      testEach(undoable)('during %s undoes, and the attempt under way comes too late', async (step) => {
        const begun = await begin([faultAt(step, { point: 'before-transaction', action: { kind: 'hang' } })]);
        await seen(() => (fired()[0]! > 0 ? true : undefined));
        await operations.cancel(begun.process.operationId);
        await expectUndone(begun, 'cancelled', step, 'fenced');
        // The attempts that hung go on now, long after the undo.
        faults.set();
        const { operationId } = begun.process;
        await seen(() =>
          platform.log.find(
            (entry) =>
              entry['operationId'] === operationId &&
              entry['step'] === step.name &&
              entry['errorType'] === 'StepFenced',
          ),
        );
        await expectNothingLeft(begun, step, 'fenced');
      });

      testEach(forward)('during %s is not heard any more', async (step) => {
        const hangs = faultAt(step, { point: 'before-transaction', action: { kind: 'hang' }, times: 1 });
        const begun = await begin([hangs]);
        await seen(() => (fired()[0]! > 0 ? true : undefined));
        await operations.cancel(begun.process.operationId);
        faults.set();
        await expectWhole(begun);
      });
    });

    // It fails for certain, so that everything is undone: the pivot before its effect, or the last step after it.
    const last = pivot ?? steps.at(-1)!;
    const failing: readonly Fault[] = pivot
      ? [faultAt(pivot, refused)]
      : [faultAt(last, { ...broken, point: 'after-commit', times: 1 }), faultAt(last, { ...broken, skip: 1 })];
    const failed = pivot ? [1] : [1, last.activity.bounds.attempts - 1];

    describe('an undo', () => {
      testEach(undoable)('of %s whose attempts are used up waits, the others go on', async (step) => {
        const begun = await begin([...failing, faultAt(step, { ...broken, mode: 'undo' })], QUICK);
        const { operationId } = begun.process;
        await parked(platform, begun.process);
        const others = undoable.map(({ name }) => name).filter((name) => name !== step.name);
        await seen(async () => {
          const { undone } = await ownFootprint(platform, operationId);
          return undone.length === others.length || undefined;
        });
        expect((await ownFootprint(platform, operationId)).ledger[step.name]).toBe('done');
        expect(fired()).toEqual([...failed, 20]);
        await retryParked(platform, begun.process, step.name);
        expect((await ending(platform, begun.process)).status).toBe('compensated');
        expect(await traces(begun.given, begun.process)).toEqual(begun.before);
        const { undone, ledger } = await ownFootprint(platform, operationId);
        expect(inGroups(undone.slice(0, -1))).toEqual(inGroups(others.toReversed()));
        expect(undone.at(-1)).toBe(step.name);
        expect(new Set(Object.values(ledger))).toEqual(new Set(pivot ? ['undone', 'fenced'] : ['undone']));
      });

      testEach(undoable)(
        'of %s that crashes after its commit is not repeated',
        async (step) => {
          const begun = await crashing(step, 'undo', failing, failed);
          await expectUndone(begun, 'compensated', last, pivot ? 'fenced' : 'undone');
        },
        CRASH_TEST_MS,
      );
    });
  };

  /** Starts a run whose step loses its worker, or its report, right after its commit. */
  async function crashing(
    step: MatrixStep,
    mode: 'forward' | 'undo',
    others: readonly Fault[],
    times: readonly number[] = [],
  ): Promise<Begun> {
    const lost = { activity: step.activity.name, mode, point: 'after-commit', times: 1 } as const;
    if (crashes === 'report') {
      const begun = await begin([...others, { ...lost, action: { kind: 'error' } }]);
      await ending(platform, begun.process);
      expect(fired()).toEqual([...times, 1]);
      return begun;
    }
    const service = step.activity.service as ServiceName;
    const here = await given();
    const before = await traces(here, undefined);
    faults.set(...others);
    const there = others.filter(({ activity }) => serviceOf(activity) === service);
    const worker = await startCrashingWorker(platform, service, [...there, { ...lost, action: { kind: 'kill' } }]);
    try {
      const process = await start(here);
      await worker.crashed();
      return { given: here, before, process };
    } finally {
      await worker.stop();
      await platform.startWorker(service);
    }
  }

  function serviceOf(activity: string): string | undefined {
    return steps.find((step) => step.activity.name === activity)?.activity.service;
  }
}
