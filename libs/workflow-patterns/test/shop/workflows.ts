import type { SagaRun } from '@adx/workflow-patterns';
import { saga, standard } from '@adx/workflow-patterns';
import { ApplicationFailure, sleep } from '@temporalio/workflow';
import { bankContract, depotContract, shopContract } from './shop.contract.ts';

const { reserve, pack, ship, thank, label, look } = shopContract.activities;
const { charge, inspect } = bankContract.activities;
const { collect, putBack } = depotContract.activities;
const { deliver, takeBack, advertise } = depotContract.workflows;
const item = { item: 'book' };

type Run = SagaRun<typeof shopContract.workflows.buy.signals>;

/** How authors write sagas, well and badly; `mode` says which of them runs. */
const BODIES: Record<string, (run: Run) => Promise<{ parcel: string }>> = {
  async plain(run) {
    await run.step(reserve, item);
    await run.step(charge, item);
    await run.step(pack, item);
    const live = await run.pivot(ship, item);
    await live.tail(thank, item);
    return live.output;
  },
  async 'with a long step'(run) {
    await run.step(inspect, item);
    return { parcel: 'none' };
  },
  async 'without a pivot'(run) {
    await run.step(reserve, item);
    await run.step(charge, item);
    return { parcel: 'none' };
  },
  async 'is one own step'(run) {
    await run.step(reserve, item);
    return { parcel: 'none' };
  },
  async 'swallows a failure'(run) {
    await run.step(reserve, item);
    await run.step(charge, item).catch(() => undefined);
    return { parcel: 'claimed' };
  },
  async 'does not await a step'(run) {
    await run.step(reserve, item);
    void run.step(charge, item);
    return { parcel: 'claimed' };
  },
  async 'does not await a tail'(run) {
    const live = await run.pivot(ship, item);
    void live.tail(thank, item);
    return live.output;
  },
  async 'throws a failure of its own'(run) {
    await run.step(reserve, item);
    throw ApplicationFailure.create({ type: 'shop.Closed', message: 'shop.Closed', nonRetryable: true });
  },
  async 'fails after the pivot'(run) {
    await run.step(reserve, item);
    await run.pivot(ship, item);
    throw ApplicationFailure.create({ type: 'shop.Closed', message: 'shop.Closed', nonRetryable: true });
  },
  async 'waits before the pivot'(run) {
    await run.step(reserve, item);
    await sleep('1 day');
    return (await run.pivot(ship, item)).output;
  },
  async 'waits after the pivot'(run) {
    await run.step(reserve, item);
    const live = await run.pivot(ship, item);
    await sleep('2s');
    await live.tail(thank, item);
    return live.output;
  },
  async 'has a bug'(run) {
    await run.step(reserve, item);
    throw new TypeError('undefined is not a function');
  },
  async 'steps after the pivot'(run) {
    const live = await run.pivot(ship, item);
    await run.step(reserve, item);
    return live.output;
  },
  async 'has two pivots'(run) {
    await run.pivot(ship, item);
    return (await run.pivot(ship, item)).output;
  },
  async 'has a step under way at the pivot'(run) {
    const open = run.step(charge, item);
    const live = await run.pivot(ship, item);
    await open;
    return live.output;
  },
  async 'repeats a step'(run) {
    await run.step(reserve, item);
    await run.step(reserve, item);
    return { parcel: 'none' };
  },
  async 'has an optional step'(run) {
    await run.step(reserve, item);
    const wrapped = await run.optional(charge, item);
    await run.step(pack, item);
    const live = await run.pivot(ship, item);
    return wrapped.ok ? live.output : { parcel: wrapped.error.type };
  },
  async 'does two things at once'(run) {
    await run.step(reserve, item);
    const { paid, packed } = await run.parallel({
      paid: () => run.step(charge, item),
      packed: () => run.step(pack, item),
    });
    await run.pivot(ship, item);
    return { parcel: `${paid.item} and ${packed.item}` };
  },
  async 'looks first'(run) {
    const seen = await run.read(look, item);
    await run.step(reserve, seen);
    return { parcel: seen.item };
  },
  async 'waits for the money'(run) {
    await run.step(reserve, item);
    const paid = await run.waitFor('paid', { within: '10m' });
    if (!paid) throw ApplicationFailure.create({ type: 'shop.Unpaid', message: 'shop.Unpaid', nonRetryable: true });
    await run.pivot(ship, item);
    return { parcel: `paid ${paid.amount}` };
  },
  async 'waits for the money as long as it takes'(run) {
    await run.step(reserve, item);
    return { parcel: `paid ${(await run.waitFor('paid')).amount}` };
  },
  async 'waits a while'(run) {
    await run.step(reserve, item);
    await run.waitFor('5s');
    return { parcel: 'late' };
  },
  async 'has a child'(run) {
    await run.step(reserve, item);
    const { parcel } = await run.child(deliver, { mode: 'plain' });
    await run.step(charge, item);
    await run.pivot(ship, item);
    return { parcel };
  },
  async 'has a child that waits'(run) {
    await run.step(reserve, item);
    return run.child(deliver, { mode: 'waits' });
  },
  async 'has a child behind the pivot'(run) {
    const live = await run.pivot(ship, item);
    await live.child(advertise, { mode: 'plain' });
    return live.output;
  },
};

const deliverBody = async (run: SagaRun, mode: string) => {
  const { item: parcel } = await run.step(collect, item);
  if (mode === 'waits') await run.waitFor('1h');
  return { parcel };
};
const quick = { deadline: '15m' } as const;
export { delivers as deliver, advertises as advertise, takesBack as takeBack };
const delivers = saga(deliver, (run, { mode }) => deliverBody(run, mode), quick);
const advertises = saga(advertise, (run, { mode }) => deliverBody(run, mode), quick);
const takesBack = saga(
  takeBack,
  async (run, { output }) => {
    await run.step(putBack, { item: output.parcel });
    return output;
  },
  quick,
);

export const buy = saga(shopContract.workflows.buy, (run, { mode }) => BODIES[mode]!(run), { deadline: '15m' });

export const misnamed = saga(shopContract.workflows.exportedByAnotherName, () => Promise.resolve({ parcel: 'none' }), {
  deadline: '15m',
});

export const wrap = standard(shopContract.workflows.wrap, label);

export const misnamedWrap = standard(shopContract.workflows.wrapByAnotherName, label);
