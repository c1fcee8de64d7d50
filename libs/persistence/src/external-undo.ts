import type { ExternalUndoEffect, ExternalUndoRequest, StepRequest } from '@adx/activity-middleware';
import type { FaultPoint, StepMode } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import { externalKey } from './external-key.ts';
import { beginStep, finishStep } from './ledger-sql.ts';
import type { Verdict } from './ledger-sql.ts';
import type { RawTransaction } from './raw-transaction.ts';
import { busy, refuseBusy } from './step-busy.ts';

interface UndoVerdict extends Verdict {
  readonly lease: string;
}

/**
 * The undo of an external effect, framed like the call it undoes: `undoing` with a lease before its call, `undone` after
 * it. The first commit closes the step's door for every forward attempt, so that none can call after the undo did. A
 * crash between the call and the second commit makes the next attempt call again, with the same key.
 */
export function createExternalUndo<Tx extends RawTransaction>({
  transaction,
  pass,
}: {
  readonly transaction: <R>(work: (tx: Tx) => Promise<R>) => Promise<R>;
  readonly pass: (point: FaultPoint, mode: StepMode, request: StepRequest) => Promise<void>;
}): <P>(request: ExternalUndoRequest, effect: ExternalUndoEffect<Tx, P>) => Promise<void> {
  return async (request, effect) => {
    await pass('before-transaction', 'undo', request);
    const key = externalKey(request);
    const begun = await transaction(async (tx) => {
      const verdict = await beginExternalUndo(tx, request);
      refuseBusy(verdict);
      if (verdict.verdict !== 'undo') return undefined;
      // Null is an output, too: only a call that nobody saw end has none.
      const output = verdict.stored_state === 'done' ? verdict.stored_output : undefined;
      const row = { input: verdict.stored_input, output };
      return { row, prepared: await effect.prepare(tx, row, key), lease: verdict.lease };
    });
    if (!begun) return;
    await pass('in-lease', 'undo', request);
    try {
      await effect.call(begun.prepared, begun.row, key);
    } catch (error) {
      // Only saves the next attempt the wait for the lease; what went wrong with the call is what matters.
      await transaction((tx) => releaseExternalUndo(tx, request, begun.lease)).catch(() => undefined);
      throw error;
    }
    await pass('after-call', 'undo', request);
    await finish(request, begun.lease);
    await pass('after-commit', 'undo', request);
  };

  async function finish(request: ExternalUndoRequest, lease: string): Promise<void> {
    try {
      await transaction(async (tx) => {
        await holdExternalUndo(tx, request, lease);
        await finishStep(tx, 'undo', request, null);
      });
    } catch (error) {
      if (!(error instanceof ApplicationFailure && error.type === 'StepFenced')) throw error;
      // Our lease was over: another attempt has ended the undo, which is what we wanted, or is at work on it.
      const { verdict } = await transaction((tx) => beginStep(tx, 'undo', request));
      if (verdict !== 'nothing') throw busy();
    }
  }
}

async function beginExternalUndo(tx: RawTransaction, request: ExternalUndoRequest): Promise<UndoVerdict> {
  const { principal, executionKey, step, operationId, activity, attempt, leaseMs } = request;
  const rows = (await tx.$queryRaw`select * from begin_external_undo(${principal.tenantId}::uuid, ${executionKey},
    ${step}, ${operationId}, ${activity}, ${attempt}, ${Math.ceil(leaseMs)})`) as readonly [UndoVerdict];
  return rows[0];
}

async function holdExternalUndo(tx: RawTransaction, request: StepRequest, lease: string): Promise<void> {
  const { principal, executionKey, step } = request;
  await tx.$queryRaw`select hold_external_undo(${principal.tenantId}::uuid, ${executionKey}, ${step}, ${lease})::text`;
}

async function releaseExternalUndo(tx: RawTransaction, request: StepRequest, lease: string): Promise<void> {
  const { principal, executionKey, step } = request;
  await tx.$queryRaw`select release_external_undo(${principal.tenantId}::uuid, ${executionKey}, ${step},
    ${lease})::text`;
}
