import { CLOSED_STATUSES, OPERATION_STATUSES } from '@adx/contract-kit';
import type { OperationStatus } from '@adx/contract-kit';
import type { Client } from '@temporalio/client';
import { callTemporal } from './temporal-calls.ts';

/** One line of a list. */
export interface OperationSummary {
  readonly operationId: string;
  readonly type: string;
  readonly tenantId: string;
  readonly status: OperationStatus;
  readonly startedAt: string;
  readonly closedAt?: string;
}

/** What to list; without `tenantId`, of all tenants. */
export interface OperationFilter {
  readonly tenantId?: string;
  readonly status?: OperationStatus;
  readonly limit: number;
  /** The `nextPage` of the page before. */
  readonly page?: string;
}

const UUID = /^[0-9a-f-]{36}$/;
/** From the server's enum: ended by somebody outside, so the process could not say so. */
const ENDED_FROM_OUTSIDE = new Set([5, 7]);

/** Newest first. Visibility lags a moment behind the truth; one operation is shown exactly by its own address. */
export async function listOperations(
  client: Client,
  filter: OperationFilter,
): Promise<{ readonly operations: readonly OperationSummary[]; readonly nextPage?: string }> {
  const response = await callTemporal(client, () =>
    client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      pageSize: filter.limit,
      query: queryOf(filter),
      ...(filter.page ? { nextPageToken: Buffer.from(filter.page, 'base64url') } : {}),
    }),
  );
  const operations = (response.executions ?? []).map((execution): OperationSummary => {
    const { indexedFields } = execution.searchAttributes ?? {};
    const text = (name: string) => {
      const data = indexedFields?.[name]?.data;
      return data ? String(JSON.parse(Buffer.from(data).toString('utf8'))) : '';
    };
    const dead = ENDED_FROM_OUTSIDE.has(Number(execution.status));
    return {
      operationId: execution.execution?.workflowId ?? '',
      type: execution.type?.name ?? '',
      tenantId: text('TenantId'),
      status: dead ? 'failed' : (text('OperationStatus') as OperationStatus),
      startedAt: timeOf(execution.startTime),
      ...(execution.closeTime ? { closedAt: timeOf(execution.closeTime) } : {}),
    };
  });
  const token = response.nextPageToken;
  return { operations, ...(token?.length ? { nextPage: Buffer.from(token).toString('base64url') } : {}) };
}

/** @throws RangeError for values that are not what they must be: the server takes a text, not parameters */
function queryOf({ tenantId, status }: OperationFilter): string {
  const parts = ['OperationStatus IS NOT NULL'];
  if (tenantId !== undefined) {
    if (!UUID.test(tenantId)) throw new RangeError('tenantId is no UUID');
    parts.push(`TenantId = '${tenantId}'`);
  }
  if (status !== undefined) {
    if (!OPERATION_STATUSES.includes(status)) throw new RangeError('status is none of the known ones');
    if (status === 'failed') parts.push(`(OperationStatus = 'failed' OR ExecutionStatus IN ('Terminated', 'TimedOut'))`);
    else if ((CLOSED_STATUSES as readonly string[]).includes(status)) parts.push(`OperationStatus = '${status}'`);
    // One that was ended from outside still carries the status it had.
    else parts.push(`OperationStatus = '${status}' AND ExecutionStatus = 'Running'`);
  }
  return parts.join(' AND ');
}

interface ProtoTime {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

function timeOf(time: ProtoTime | null | undefined): string {
  return new Date(Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
}
