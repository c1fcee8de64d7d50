import type { ExternalUndoEffect, ExternalUndoRequest, StepRequest } from '@adx/activity-middleware';
import type { FaultPoint, StepMode } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import { externalKey } from './external-key.ts';
import { beginStep, finishStep, onStep } from './ledger-sql.ts';
import type { Verdict } from './ledger-sql.ts';
import type { Statement } from './statement.ts';
import { busy, refuseBusy } from './step-busy.ts';
import type { TenantTransactions } from './tenant-transaction.ts';

interface UndoVerdict extends Verdict {
  readonly lease: string;
}

/**
 * The undo of an external effect, framed like the call it undoes: `undoing` with a lease before its call, `undone` after
 * it. The first commit closes the step's door for every forward attempt, so that none can call after the undo did. A
 * crash between the call and the second commit makes the next attempt call again, with the same key.
 */
export function createExternalUndo<Tx>({
  transactions: { framed, alone },
  pass,
}: {
  readonly transactions: TenantTransactions<Tx>;
  readonly pass: (point: FaultPoint, mode: StepMode, request: StepRequest) => Promise<void>;
}): <P>(request: ExternalUndoRequest, effect: ExternalUndoEffect<Tx, P>) => Promise<void> {
  return async (request, effect) => {
    await pass('before-transaction', 'undo', request);
    const key = externalKey(request);
    const begun = await framed(beginExternalUndo(request), async (tx, verdict) => {
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
      await alone(onStep('release_external_undo', request, begun.lease)).catch(() => undefined);
      throw error;
    }
    await pass('after-call', 'undo', request);
    await finish(request, begun.lease);
    await pass('after-commit', 'undo', request);
  };

  async function finish(request: ExternalUndoRequest, lease: string): Promise<void> {
    try {
      await alone(onStep('hold_external_undo', request, lease), finishStep('undo', request, null));
    } catch (error) {
      if (!(error instanceof ApplicationFailure && error.type === 'StepFenced')) throw error;
      // Our lease was over: another attempt has ended the undo, which is what we wanted, or is at work on it.
      const { verdict } = await alone(beginStep('undo', request));
      if (verdict !== 'nothing') throw busy();
    }
  }
}

function beginExternalUndo(request: ExternalUndoRequest): Statement<UndoVerdict> {
  const { principal, executionKey, step, operationId, activity, attempt, leaseMs } = request;
  return {
    name: 'adx_begin_external_undo',
    text: 'select * from begin_external_undo($1, $2, $3, $4, $5, $6, $7)',
    values: [principal.tenantId, executionKey, step, operationId, activity, attempt, Math.ceil(leaseMs)],
  };
}
