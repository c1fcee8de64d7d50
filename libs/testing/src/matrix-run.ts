import type { OperationView } from '@adx/operations';
import { operatorPrincipal } from './onboarding.ts';
import { sagaFootprint } from './saga-footprint.ts';
import type { TestPlatform } from './test-platform.ts';

/** One saga under test. */
export interface MatrixProcess {
  readonly operationId: string;
  readonly tenantId: string;
}

/** Long enough for a busy machine: nothing here depends on how long something takes. */
const BOUND_MS = 120_000;

/** Looks again until there is something. @throws Error when there is nothing in time */
export async function seen<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + BOUND_MS;
  for (;;) {
    const what = await look();
    if (what !== undefined) return what;
    if (Date.now() > end) throw new Error(`what was waited for did not happen within ${BOUND_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export async function ending(platform: TestPlatform, { operationId }: MatrixProcess): Promise<OperationView> {
  expect(await platform.operations.ended(operationId, BOUND_MS)).toBe(true);
  return (await platform.operations.get(operationId))!;
}

export function parked(platform: TestPlatform, { operationId }: MatrixProcess): Promise<OperationView> {
  return seen(async () => {
    const view = await platform.operations.get(operationId);
    return view?.status === 'needs-attention' ? view : undefined;
  });
}

/** An operator lets a parked step try again, now that nothing is in its way any more. */
export async function retryParked(platform: TestPlatform, process: MatrixProcess, step: string): Promise<void> {
  const { operationId, tenantId } = process;
  platform.faults.set();
  const outcome = await platform.operations.resolve(operationId, {
    resolution: { step, action: 'retry', reason: 'mended', fingerprint: 'f' },
    call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
    updateId: `${operationId}/${step}`,
  });
  expect(outcome?.outcome).toBe('resolved');
}

/** Without a person's decisions, which are ledger steps of their own. */
export async function ownFootprint(platform: TestPlatform, operationId: string) {
  const { ledger, effects, undone } = await sagaFootprint(platform, operationId);
  const isOwn = (step: string) => !step.includes('.resolve');
  return {
    ledger: Object.fromEntries(Object.entries(ledger).filter(([step]) => isOwn(step))),
    effects: effects.filter(isOwn),
    undone,
  };
}
