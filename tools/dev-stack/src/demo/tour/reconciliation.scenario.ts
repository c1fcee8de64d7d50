import { waitUntil } from '@adx/local-parts';
import { ENDED, onboardingOf } from '../stage.ts';
import type { Scenario, Stage } from '../stage.ts';
import { WITHIN_MS, completed, run, taken } from './processes.ts';

interface Entry {
  readonly id: string;
  readonly operationId: string;
  readonly actions: readonly string[];
  readonly error: { readonly type: string; readonly details?: { readonly subject?: string; readonly says?: string } };
}

/** What needs attention because of one thing. Lists come from an index that follows a moment later. */
async function entriesOf(stage: Stage, subject: string, wanted: number): Promise<readonly Entry[]> {
  let last: readonly Entry[] = [];
  await waitUntil(
    async () => {
      const { entries } = await taken(stage.gateway.get('/v1/needs-attention?limit=50'));
      last = (entries as readonly Entry[]).filter(({ error }) => error.details?.subject === subject);
      return last.length === wanted || undefined;
    },
    { within: WITHIN_MS },
  );
  return last;
}

const resultOf = ({ result }: { readonly result?: unknown }) =>
  result as { readonly opened: number; readonly repaired: number };

export const inconsistencyFound: Scenario = {
  name: 'a reconciliation finds a planted inconsistency',
  says: ['A row is planted, of a call to another system that was begun and never ended; its process is over.'],
  shows: ['maintain', 'followFinding', 'watchAttention'],
  async play(stage) {
    const body = onboardingOf(stage, 'soylent', 'soylent.example');
    const { operationId, result } = await run(stage.gateway, 'POST /v1/tenants', body);
    const { tenantId } = result as { readonly tenantId: string };
    const subject = await stage.evidence.plant(tenantId, operationId);
    const first = await stage.maintain('user', 'reconciliation');
    const found = await entriesOf(stage, subject, 1);
    const watched = await stage.maintain('notification', 'reminders');
    const second = await stage.maintain('user', 'reconciliation');
    const again = await entriesOf(stage, subject, 1);
    await stage.evidence.removePlanted(tenantId);
    const third = await stage.maintain('user', 'reconciliation');
    const left = await entriesOf(stage, subject, 0);
    const finding = await stage.gateway.until(found[0]?.operationId ?? '', ENDED, WITHIN_MS);
    return {
      operation: first,
      others: [watched, second, third, finding],
      checks: {
        'the reconciliation finds it': completed(first) && resultOf(first).opened >= 1,
        'it needs attention': found.length === 1 && found[0]?.error.type === 'user.FindingOpen',
        'and may be looked at again, skipped, or mended by hand':
          found[0]?.actions.join() === 'retry,skip,done-by-hand',
        'what waits for an hour is reminded of, and this does not yet': completed(watched),
        'a second reconciliation makes no second entry': again.length === 1 && again[0]?.id === found[0]?.id,
        'once it is repaired, the entry goes': resultOf(third).repaired >= 1 && left.length === 0,
        'and was followed to its end': completed(finding),
      },
      evidence: {
        says: found[0]?.error.details?.says,
        first: first.result,
        second: second.result,
        third: third.result,
      },
    };
  },
};
