import { OPERATION_STATUSES } from '@adx/contract-kit';
import type { OperationStatus } from '@adx/contract-kit';
import type { Client } from '@temporalio/client';
import { isClosedStatus } from './closed-status.ts';
import { keywordOf, recordedStatus, timeOf } from './server-record.ts';
import { formatPage, parsePage } from './page-token.ts';
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

/** A part of all operations; `nextPage` is there when there are more. */
export interface OperationPage {
  readonly operations: readonly OperationSummary[];
  readonly nextPage?: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OPEN_STATUSES = OPERATION_STATUSES.filter((status) => !isClosedStatus(status));

/** Newest first. Visibility lags a moment behind the truth; one operation is shown exactly by its own address. */
export async function listOperations(client: Client, filter: OperationFilter): Promise<OperationPage> {
  const nextPageToken = filter.page === undefined ? undefined : parsePage(filter.page);
  const response = await callTemporal(client, () =>
    client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      pageSize: filter.limit,
      query: queryOf(filter),
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    }),
  );
  const operations = (response.executions ?? []).map(summaryOf);
  const token = response.nextPageToken;
  return { operations, ...(token?.length ? { nextPage: formatPage(token) } : {}) };
}

/**
 * Every operation that a query of the server finds, page by page.
 *
 * @param query no caller's text: the server takes no parameters
 */
export async function* queryOperations(client: Client, query: string): AsyncGenerator<OperationSummary> {
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const response = await callTemporal(client, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query,
        ...(nextPageToken ? { nextPageToken } : {}),
      }),
    );
    yield* (response.executions ?? []).map(summaryOf);
    nextPageToken = response.nextPageToken;
  } while (nextPageToken?.length);
}

function summaryOf(execution: Parameters<typeof recordedStatus>[0]): OperationSummary {
  return {
    operationId: execution.execution?.workflowId ?? '',
    type: execution.type?.name ?? '',
    tenantId: keywordOf(execution, 'TenantId'),
    status: recordedStatus(execution),
    startedAt: timeOf(execution.startTime),
    ...(execution.closeTime ? { closedAt: timeOf(execution.closeTime) } : {}),
  };
}

/** @throws RangeError for values that are not what they must be: the server takes a text, not parameters */
function queryOf({ tenantId, status }: OperationFilter): string {
  // A process that goes on as a new run is one operation: its last run.
  const parts = ['OperationStatus IS NOT NULL', `ExecutionStatus != 'ContinuedAsNew'`];
  if (tenantId !== undefined) {
    if (!UUID.test(tenantId)) throw new RangeError('tenantId is no UUID');
    parts.push(`TenantId = '${tenantId}'`);
  }
  if (status !== undefined) {
    if (!OPERATION_STATUSES.includes(status)) throw new RangeError('status is none of the known ones');
    parts.push(statusQuery(status));
  }
  return parts.join(' AND ');
}

/** The same as {@link recordedStatus}, asked the other way round: one that was ended still carries the status it had. */
function statusQuery(status: OperationStatus): string {
  if (!isClosedStatus(status)) return `OperationStatus = '${status}' AND ExecutionStatus = 'Running'`;
  const open = OPEN_STATUSES.map((one) => `'${one}'`).join(', ');
  const unsaid = (ending: string) => `(ExecutionStatus = '${ending}' AND OperationStatus IN (${open}))`;
  const said = `(OperationStatus = '${status}' AND ExecutionStatus NOT IN ('Terminated', 'TimedOut'))`;
  if (status === 'completed') return `(${said} OR ${unsaid('Completed')})`;
  if (status === 'cancelled') return `(${said} OR ${unsaid('Canceled')})`;
  if (status === 'failed') return `(${said} OR ${unsaid('Failed')} OR ExecutionStatus IN ('Terminated', 'TimedOut'))`;
  return said;
}
