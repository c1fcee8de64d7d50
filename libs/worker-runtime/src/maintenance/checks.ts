import type { Leftover, MaintenanceStore } from '@adx/activity-middleware';
import { failure, parseOperationId } from '@adx/contract-kit';
import type { Contract, Finding, MaintenanceTask } from '@adx/contract-kit';
import { OperationsError, queryOperations, readRecord } from '@adx/operations';
import type { Client } from '@temporalio/client';
import type { MaintenanceSettings } from './settings.ts';

/** What is looked for under one kind. */
export interface Check {
  readonly kind: string;
  readonly task: MaintenanceTask;
  /** @param subject only this one */
  look(client: Client, subject?: string): Promise<readonly Finding[]>;
}

/** What follows the audit chains of a service. */
export interface AuditCheck {
  check(minutes: number): Promise<Readonly<Record<'audit-broken' | 'audit-unsealed', readonly Leftover[]>>>;
}

const DAY_MS = 86_400_000;
/** Ids in one statement. */
const AT_ONCE = 500;

/** Everything that a service looks for. Only what can be told without a guess is a finding. */
export function checksOf(options: {
  readonly contract: Contract;
  readonly store: MaintenanceStore;
  readonly audit: AuditCheck;
  readonly settings: MaintenanceSettings;
}): readonly Check[] {
  const { contract, store, audit, settings } = options;
  const minutes = settings.unfinishedMinutes;
  const leftovers = store.kinds.map((kind): Check => ({
    kind,
    task: 'reconciliation',
    async look(client, subject) {
      const found: Finding[] = [];
      for (const { operationId, ...row } of await store.leftovers(kind, { minutes, ...(subject ? { subject } : {}) })) {
        const ending = operationId === undefined ? '' : await endingOf(client, operationId);
        if (ending !== undefined) found.push({ kind, subject: row.subject, says: `${row.says}${ending}` });
      }
      return found;
    },
  }));
  const chained = (['audit-broken', 'audit-unsealed'] as const).map((kind): Check => ({
    kind,
    task: 'audit-check',
    look: async () => (await audit.check(minutes))[kind].map(({ subject, says }) => ({ kind, subject, says })),
  }));
  return [...leftovers, notUndone(contract, store, settings), ...chained];
}

/** Operations that claim to be undone, or that somebody has ended from outside, and effects of theirs that are there. */
function notUndone(contract: Contract, store: MaintenanceStore, settings: MaintenanceSettings): Check {
  const kind = 'step-not-undone';
  const undoable = Object.values(contract.activities)
    .filter((activity) => activity.kind === 'compensatable')
    .map(({ name }) => name);
  return {
    kind,
    task: 'reconciliation',
    async look(client, subject) {
      const ended = await endedBadly(client, subject);
      const ids = [...ended.keys()];
      const found: Finding[] = [];
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        for (const { operationId, steps } of await store.effectsOf(ids.slice(from, from + AT_ONCE), undoable)) {
          const says = `the operation ${ended.get(operationId)}, and has left ${steps.join(', ')} done`;
          found.push({ kind, subject: operationId, says: says.slice(0, 1_000) });
        }
      }
      return found;
    },
  };

  async function endedBadly(client: Client, subject: string | undefined): Promise<ReadonlyMap<string, string>> {
    const since = new Date(Date.now() - settings.lookBackDays * DAY_MS).toISOString();
    // Of one that was found before, the server may know nothing by now; what it said then is still true.
    const ended = new Map(subject === undefined ? [] : [[subject, 'did not end well']]);
    const whose = subject === undefined ? `CloseTime > '${since}'` : `WorkflowId = '${asOperationId(subject)}'`;
    const claims = `OperationStatus IN ('compensated', 'cancelled', 'timed-out')`;
    const outside = `ExecutionStatus IN ('Terminated', 'TimedOut')`;
    // Those that were ended from outside still carry what they said before.
    for (const [which, how] of [
      [claims, ''],
      [outside, 'was ended from outside'],
    ] as const) {
      const query = `OperationStatus IS NOT NULL AND ${whose} AND ${which}`;
      for await (const { operationId, status } of queryOperations(client, query)) {
        ended.set(operationId, how || `ended as ${status}`);
      }
    }
    return ended;
  }
}

/** The server takes a text, not parameters. @throws ApplicationFailure `InvalidInput` */
function asOperationId(text: string): string {
  if (parseOperationId(text)) return text;
  throw failure('InvalidInput', 'the subject is no operation');
}

/** @returns undefined while it is under way */
async function endingOf(client: Client, operationId: string): Promise<string | undefined> {
  try {
    const { closedAt, status } = await readRecord(client, operationId);
    return closedAt === undefined ? undefined : `; its operation has ended as ${status}`;
  } catch (error) {
    if (error instanceof OperationsError && error.code === 'OperationUnknown') return '; nobody knows its operation';
    throw error;
  }
}

/** Which of these have ended before then, or are not known any more. */
export async function endedBefore(
  client: Client,
  operationIds: readonly string[],
  before: Date,
): Promise<readonly string[]> {
  const over: string[] = [];
  for (const operationId of operationIds) {
    try {
      const { closedAt } = await readRecord(client, operationId);
      if (closedAt !== undefined && new Date(closedAt) < before) over.push(operationId);
    } catch (error) {
      if (!(error instanceof OperationsError && error.code === 'OperationUnknown')) throw error;
      over.push(operationId);
    }
  }
  return over;
}
