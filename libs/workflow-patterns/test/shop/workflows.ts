import type { SagaRun } from '@adx/workflow-patterns';
import { saga, standard } from '@adx/workflow-patterns';
import { ApplicationFailure, sleep } from '@temporalio/workflow';
import { bankContract, shopContract } from './shop.contract.ts';

const { reserve, pack, ship, thank, label } = shopContract.activities;
const { charge, inspect } = bankContract.activities;
const item = { item: 'book' };

/** How authors write sagas, well and badly; `mode` says which of them runs. */
const BODIES: Record<string, (run: SagaRun) => Promise<{ parcel: string }>> = {
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
};

export const buy = saga(shopContract.workflows.buy, (run, { mode }) => BODIES[mode]!(run), { deadline: '15m' });

export const misnamed = saga(shopContract.workflows.exportedByAnotherName, () => Promise.resolve({ parcel: 'none' }), {
  deadline: '15m',
});

export const wrap = standard(shopContract.workflows.wrap, label);

export const misnamedWrap = standard(shopContract.workflows.wrapByAnotherName, label);
