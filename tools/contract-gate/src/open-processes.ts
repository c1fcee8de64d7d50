import type { Client } from '@temporalio/client';
// CommonJS whose names Node cannot see from outside.
import proto from '@temporalio/proto';

const { EventType } = proto.temporal.api.enums.v1;
type History = proto.temporal.api.history.v1.IHistory;
type Execution = proto.temporal.api.common.v1.IWorkflowExecution;
type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** One activity of one process. */
export interface UsedActivity {
  readonly type: string;
  readonly taskQueue: string;
  /** Scheduled and not ended: its worker has to be there. Else it has ended, and its undo may be still to come. */
  readonly pending: boolean;
}

/** A process that the server says is running, and what it has used so far. */
export interface OpenProcess {
  readonly operationId: string;
  readonly type: string;
  readonly taskQueue: string;
  readonly activities: readonly UsedActivity[];
}

/** Executions per page, and histories at once: the server has other things to do. */
const PAGE = 100;
const AT_ONCE = 8;

/**
 * Every open process of the client's namespace, from its history. What the server's index says a moment late is put right
 * by the histories; one that starts while this looks may be missed. Nothing is decoded, so it needs no keys.
 */
export async function readOpenProcesses(client: Client): Promise<OpenProcess[]> {
  const found: OpenProcess[] = [];
  // One iterator for all lanes: each takes the next one, until there is none.
  const executions = listOpen(client);
  const lane = async () => {
    for await (const execution of executions) {
      const { workflowId, runId } = execution;
      const { events } = (await client.workflow.getHandle(workflowId!, runId!).fetchHistory()) as History;
      const process = processOf(workflowId!, events ?? []);
      if (process) found.push(process);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return found;
}

/** Not by the client's own list: it decodes memos, which are encrypted. */
async function* listOpen(client: Client): AsyncGenerator<Execution> {
  const { namespace } = client.options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const query = `ExecutionStatus = 'Running'`;
    const page = await client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize: PAGE,
      nextPageToken,
    });
    yield* page.executions.flatMap(({ execution }) => execution ?? []);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
}

function processOf(operationId: string, events: readonly HistoryEvent[]): OpenProcess | undefined {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  if (!started || CLOSED.has(events.at(-1)!.eventType!)) return undefined;
  const taskQueue = started.taskQueue?.name ?? '';
  return {
    operationId,
    type: started.workflowType?.name ?? '',
    taskQueue,
    activities: activitiesOf(events, taskQueue),
  };
}

const CLOSED: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
]);

/** How Temporal's core records a step on the own queue that needed no task of its own. */
const LOCAL_ACTIVITY = 'core_local_activity';

function activitiesOf(events: readonly HistoryEvent[], ownQueue: string): UsedActivity[] {
  const ended = new Set(events.map(scheduledEventOf).filter((id) => id !== undefined));
  return events.flatMap((event): UsedActivity[] => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const { activityType, taskQueue } = scheduled;
      const pending = !ended.has(String(event.eventId));
      return [{ type: activityType?.name ?? '', taskQueue: taskQueue?.name ?? ownQueue, pending }];
    }
    const marker = event.markerRecordedEventAttributes;
    const data = marker?.markerName === LOCAL_ACTIVITY ? marker.details?.['data']?.payloads?.[0]?.data : undefined;
    if (!data) return [];
    const { activity_type: type } = JSON.parse(Buffer.from(data).toString()) as { readonly activity_type: string };
    return [{ type, taskQueue: ownQueue, pending: false }];
  });
}

/** Which scheduled activity an event ends. */
function scheduledEventOf(event: HistoryEvent): string | undefined {
  const ending =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  return ending ? String(ending.scheduledEventId) : undefined;
}
