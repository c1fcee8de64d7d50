import type { Bound, Duration, Json } from '@adx/contract-kit';
import { sleep } from '@temporalio/workflow';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import { SagaMisuse } from './saga-misuse.ts';
import { admit } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';

const DURATION = /^\d/;

/** Waits for a time, or until the process is told something; a cancellation and the deadline end both. */
export async function runWaitFor(
  progress: SagaProgress,
  definition: Bound,
  what: string,
  within?: Duration,
): Promise<Json | undefined> {
  const { operation, inbox, scale } = progress;
  const isTime = DURATION.test(what);
  const name = isTime ? 'wait' : what;
  admit(progress, name);
  if (!isTime && !inbox.has(what)) throw new SagaMisuse(`the contract of ${definition.name} has no signal "${what}"`);
  const record = operation.begin({ name, service: definition.service });
  record.status = 'waiting';
  try {
    if (isTime) {
      await sleep(scale.interval(what as Duration));
      endStep(record, 'done');
      return undefined;
    }
    const told = await inbox.next(what, within === undefined ? undefined : scale.interval(within));
    endStep(record, told === undefined ? 'expired' : 'done');
    return told;
  } catch (error) {
    endStep(record, 'failed', operationErrorOf(error));
    throw error;
  }
}
