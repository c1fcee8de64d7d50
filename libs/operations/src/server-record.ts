import type { OperationStatus } from '@adx/contract-kit';
import type { Client } from '@temporalio/client';
import { isClosedStatus } from './closed-status.ts';
import { OperationsError } from './operations-error.ts';
import { callTemporal } from './temporal-calls.ts';

/** What the server itself knows of a process: nothing of it is a payload, so nobody needs a key to read it. */
export interface ServerRecord {
  readonly type: string;
  /** How the server closed the run, by its enum; 1 while it runs. */
  readonly ending: number;
  readonly status: OperationStatus;
  readonly startedAt: string;
  readonly closedAt?: string;
  /** The keys of its tenant are destroyed: nothing but this record can be read any more. */
  readonly keysDestroyed: boolean;
}

type Info = NonNullable<
  Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>['workflowExecutionInfo']
>;

/** The endings of the server's enum. */
export const ENDING = { completed: 2, failed: 3, cancelled: 4, terminated: 5, timedOut: 7 } as const;

/** What an ending makes of a process that could not say so itself. */
const ENDINGS: ReadonlyMap<number, OperationStatus> = new Map([
  [ENDING.completed, 'completed'],
  [ENDING.failed, 'failed'],
  [ENDING.cancelled, 'cancelled'],
  [ENDING.terminated, 'failed'],
  [ENDING.timedOut, 'failed'],
]);
/** Ended from outside, whatever the process said of itself before. */
const ENDED_FROM_OUTSIDE: ReadonlySet<number> = new Set([ENDING.terminated, ENDING.timedOut]);

/** @throws OperationsError `OperationUnknown`, `TemporalUnavailable` */
export async function readRecord(client: Client, operationId: string): Promise<ServerRecord> {
  let keysDestroyed = false;
  const { workflowExecutionInfo } = await callTemporal(client, async () => {
    const { raw } = await client.workflow.getHandle(operationId).describe();
    return raw;
  }).catch((error: unknown) => {
    if (!(error instanceof OperationsError && error.code === 'KeysDestroyed')) throw error;
    keysDestroyed = true;
    // The handle decodes the memo, which nobody can any more; the record itself is clear.
    const execution = { workflowId: operationId };
    const { namespace } = client.options;
    return callTemporal(client, () => client.workflowService.describeWorkflowExecution({ namespace, execution }));
  });
  const info = workflowExecutionInfo!;
  return {
    type: info.type?.name ?? '',
    ending: Number(info.status),
    status: recordedStatus(info),
    startedAt: timeOf(info.startTime),
    ...(info.closeTime ? { closedAt: timeOf(info.closeTime) } : {}),
    keysDestroyed,
  };
}

/** Temporal's ending wins over what the process said of itself. */
export function recordedStatus(info: Info): OperationStatus {
  const ending = Number(info.status);
  const said = (keywordOf(info, 'OperationStatus') || 'running') as OperationStatus;
  const closed = ENDINGS.get(ending);
  if (closed === undefined) return said;
  return ENDED_FROM_OUTSIDE.has(ending) || !isClosedStatus(said) ? closed : said;
}

/** A search attribute; they are never encrypted. */
export function keywordOf({ searchAttributes }: Info, name: string): string {
  const data = searchAttributes?.indexedFields?.[name]?.data;
  return data ? String(JSON.parse(Buffer.from(data).toString('utf8'))) : '';
}

interface ProtoTime {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

export function timeOf(time: ProtoTime | null | undefined): string {
  return new Date(Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
}
