import type { ForwardRequest } from '@adx/activity-middleware';
import { declaredError } from '@adx/contract-kit';
import fc from 'fast-check';
import type { Database } from '../src/connect-database.ts';
import type { Pool } from 'pg';
import { createUser, deleteUser, newStep, tracesOf } from './step-fixture.ts';
import type { UserTx } from './user-database.ts';

/** One thing that may happen to a step. */
export type LedgerCommand =
  | { readonly do: 'forward'; readonly input: 'a' | 'b'; readonly breaks: boolean }
  | { readonly do: 'undo'; readonly breaks: boolean }
  | { readonly do: 'settle' };

export const ledgerCommands: fc.Arbitrary<LedgerCommand[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('forward' as const),
        input: fc.constantFrom('a' as const, 'a' as const, 'a' as const, 'b' as const),
        breaks: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const), breaks: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  ),
  { minLength: 1, maxLength: 12 },
);

/** What the ledger is meant to be: the whole of it, for one step. */
interface LedgerModel {
  state: 'none' | 'done' | 'undone' | 'fenced';
  input: 'a' | 'b' | undefined;
  effects: number;
}

/** What a command does to the model, and what its caller is told. */
function applyToModel(model: LedgerModel, command: LedgerCommand): string {
  switch (command.do) {
    case 'forward':
      if (model.state === 'undone' || model.state === 'fenced') return 'StepFenced';
      if (model.state === 'done') return model.input === command.input ? 'stored' : 'StepConflict';
      if (command.breaks) return 'user.Broken';
      Object.assign(model, { state: 'done', input: command.input, effects: 1 });
      return 'ran';
    case 'undo':
      if (model.state === 'none') model.state = 'fenced';
      if (model.state !== 'done') return 'nothing';
      if (command.breaks) return 'user.Broken';
      Object.assign(model, { state: 'undone', effects: 0 });
      return 'undone';
    case 'settle':
      if (model.state === 'none') model.state = 'fenced';
      return model.state === 'done' ? 'done' : 'fenced';
  }
}

/** The same command on the real ledger, told in the same words. */
async function applyToLedger(
  { ledger }: Database<UserTx>,
  step: ForwardRequest,
  command: LedgerCommand,
): Promise<string> {
  let ran = false;
  const broken = () => Promise.reject(declaredError('user', 'Broken', {}));
  try {
    switch (command.do) {
      case 'forward': {
        const request = { ...step, input: { ...(step.input as object), variant: command.input } };
        await ledger.forward(request, (tx) => {
          ran = true;
          return command.breaks ? broken() : createUser(step)(tx);
        });
        return ran ? 'ran' : 'stored';
      }
      case 'undo':
        await ledger.undo(step, async (tx, row) => {
          ran = true;
          await (command.breaks ? broken() : deleteUser(tx, row));
        });
        return ran ? 'undone' : 'nothing';
      case 'settle':
        return (await ledger.settle(step)).outcome;
    }
  } catch (error) {
    return (error as { type?: string }).type ?? String(error);
  }
}

/** Runs commands on a new step, and compares answer, state and effect after each. */
export async function followModel(
  users: Database<UserTx>,
  superuser: Pool,
  commands: readonly LedgerCommand[],
): Promise<void> {
  const step = newStep();
  const model: LedgerModel = { state: 'none', input: undefined, effects: 0 };
  for (const command of commands) {
    const expected = applyToModel(model, command);
    expect(await applyToLedger(users, step, command)).toBe(expected);
    const { ledger, users: effects } = await tracesOf(superuser, step);
    expect({ state: ledger?.state ?? 'none', effects }).toEqual({ state: model.state, effects: model.effects });
  }
}
