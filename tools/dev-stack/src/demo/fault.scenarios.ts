import { join } from 'node:path';
import { waitUntil } from '@adx/local-parts';
import type { Fault } from '@adx/testing';
import type { Stack } from '../stack.ts';
import { ENDED, newKey, onboardingOf } from './stage.ts';
import type { Scenario, Stage } from './stage.ts';

const FAULTY_WORKER = join('tools', 'dev-stack', 'faulty-worker.ts');
/** A killed attempt is noticed when its 10 s are over. */
const WITHIN_MS = 40_000;

export const workerKilled: Scenario = {
  name: 'a worker is killed in the middle of its step',
  shows: ['onboardTenant'],
  async play(stage) {
    const stack = stage.stack!;
    const before = await stage.evidence.counts();
    await useUserWorker(stack, [
      { activity: 'createOwner', point: 'in-transaction', action: { kind: 'kill' }, times: 1 },
    ]);
    const operationId = await start(stage, onboardingOf(stage, 'initech'));
    const worker = stack.part('user-worker');
    const died = await waitUntil(() => (worker.state().running ? undefined : worker.state().how), { within: 20_000 });
    await useUserWorker(stack, undefined);
    const operation = await stage.gateway.until(operationId, ENDED, WITHIN_MS);
    const after = await stage.evidence.counts();
    const rows = (await stage.evidence.ledger(operationId)).filter(({ step }) => step === 'createOwner');
    return {
      operation,
      checks: {
        'the worker was killed': died === 'SIGKILL',
        completed: operation.status === 'completed',
        'one owner': after.users === before.users + 1,
        'one ledger row, from a later attempt': rows.length === 1 && (rows[0]?.attempt ?? 0) > 1,
      },
      evidence: { died, before, after, ledger: rows },
    };
  },
};

export const undoRepaired: Scenario = {
  name: 'an undo that cannot go on is repaired by an operator',
  shows: ['onboardTenant'],
  async play(stage) {
    const stack = stage.stack!;
    const before = await stage.evidence.counts();
    await useUserWorker(stack, [
      {
        activity: 'createOwner',
        mode: 'undo',
        point: 'before-transaction',
        action: { kind: 'failure', type: 'UndoImpossible' },
        times: 1,
      },
    ]);
    const operationId = await start(stage, onboardingOf(stage, 'umbrella', 'suppressed.example'));
    const parked = await stage.gateway.until(operationId, ({ status }) => status === 'needs-attention', WITHIN_MS);
    // Lists come from an index that follows a moment later.
    const listed = await waitUntil(
      async () => {
        const { body } = await stage.gateway.get('/v1/operations?status=needs-attention');
        const found = body['operations'] as readonly { readonly operationId: string }[];
        return found.some((one) => one.operationId === operationId) || undefined;
      },
      { within: 10_000 },
    );
    const answer = await stage.gateway.post(`/v1/operations/${operationId}/steps/createOwner/resolution`, {
      action: 'retry',
      reason: 'the user service is mended',
    });
    const operation = await stage.gateway.until(operationId, ENDED, WITHIN_MS);
    await useUserWorker(stack, undefined);
    const after = await stage.evidence.counts();
    const decisions = await stage.evidence.decisions(operationId);
    return {
      operation,
      checks: {
        'parked for UndoImpossible': parked.attention?.[0]?.error.type === 'UndoImpossible',
        'listed as needs-attention': listed === true,
        'the retry resolved it': answer.body['outcome'] === 'resolved',
        compensated: operation.status === 'compensated',
        'the counts are those of before': JSON.stringify(before) === JSON.stringify(after),
        'the audit says who decided': decisions.length === 1 && decisions[0]?.actor === 'dev-operator',
      },
      evidence: { before, after, attention: parked.attention, decisions },
    };
  },
};

async function start(stage: Stage, body: object): Promise<string> {
  const { status, body: answer } = await stage.gateway.post('/v1/tenants', body, newKey());
  if (status !== 202) throw new Error(`onboarding was answered ${status}: ${JSON.stringify(answer)}`);
  return String(answer['operationId']);
}

/** Starts the user-worker anew, with faults or as it is. */
async function useUserWorker(stack: Stack, faults: readonly Fault[] | undefined): Promise<void> {
  stack.setEntry('user', faults ? [FAULTY_WORKER, 'user', JSON.stringify(faults)] : undefined);
  const worker = stack.part('user-worker');
  await worker.stop();
  await worker.start();
}
