import { RESOLUTION_ACTIONS, failure } from '@adx/contract-kit';
import type { Json, Wire } from '@adx/contract-kit';
import { z } from 'zod';
import { chainLink } from '../chain-link.ts';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/** What `<name>.resolve` records. */
export const RecordedDecision = z.strictObject({
  action: z.enum(RESOLUTION_ACTIONS),
  phase: z.enum(['step', 'undo', 'pivot', 'tail']),
  reason: z.string().min(1).max(2_000),
  ticket: z.string().max(200).nullable(),
  /** The principal of who started the process: not from them. */
  startedBy: z.string().max(4_096).optional(),
});

/** Undo and settle take nothing: the ledger knows the input better than any caller. */
const Nothing = z.null();

/** Parses the input by the contract and adds it as `input`. @throws InvalidInput naming each path */
export function withValidation(): Middleware<Invocation, { readonly input: Json }> {
  return chainLink('validation', async (context, next) => {
    const schema = schemaOf(context);
    const parsed = schema.safeParse(context.raw);
    if (!parsed.success) {
      // Paths and rules only: values may be personal.
      const faults = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'input'} (${code})`);
      throw failure('InvalidInput', `${context.activity.service}.${context.activity.name}: ${faults.join(', ')}`);
    }
    return next({ input: parsed.data });
  });
}

function schemaOf({ activity, mode }: Invocation): Wire {
  if (mode === 'forward') return activity.input;
  return mode === 'resolve' ? RecordedDecision : Nothing;
}
