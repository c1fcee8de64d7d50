// What an import of a million users costs, against one of ten thousand, in one run:
//   npm run bench:import [-- --json] [--rows <rows of the large one>]
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from '@adx/local-parts';
import { startImportStack } from '../import-stack.ts';
import type { Tenant } from '../import-stack.ts';
import { benchOptions } from './bench-options.ts';
import { createReport, median } from './report.ts';

const { json, counts } = benchOptions('bench:import', { rows: 1_000_000 });
const report = createReport();
const { say, measure } = report;
const root = join(import.meta.dirname, '..', '..', '..', '..');
const SMALL = 10_000;
/** The small one is over in a second: the median of so many before the large one, and as many after. */
const SMALL_TIMES = 3;
const LARGE_WITHIN_MS = 60 * 60_000;

interface Hook {
  readonly default: () => Promise<void>;
}
// The same Postgres and Temporal as in a test run.
const { default: setUp } = (await import(join(root, 'jest-global-setup.mjs'))) as Hook;
const { default: tearDown } = (await import(join(root, 'jest-global-teardown.mjs'))) as Hook;
await using opened = new AsyncDisposableStack();
opened.defer(() => tearDown());
await setUp();
const stack = await startImportStack();
opened.defer(() => stack.stop());
const acme = await stack.onboard();
await stack.platform.stopWorker('user');

/** What one import in a worker of its own did and needed. */
interface Run {
  readonly rowsPerSecond: number;
  /** The most memory that the worker ever had, upload included. MiB. */
  readonly peakMib: number;
  readonly runs: readonly { readonly events: number; readonly activities: number }[];
  readonly largestPayload: number;
}

const small: Run[] = [];
const measureSmall = async () => {
  for (let n = 0; n < SMALL_TIMES; n += 1) small.push(await importWith(SMALL));
};
// Before and after: the machine may have other work in one half of the run.
await measureSmall();
const large = await importWith(counts.rows);
await measureSmall();
const executions = large.runs.reduce((sum, { activities }) => sum + activities, 0);
say(`rows per second: ${small.map((run) => Math.round(run.rowsPerSecond)).join(', ')}; large ${large.rowsPerSecond}`);
say(`peak MiB: ${small.map((run) => Math.round(run.peakMib)).join(', ')}; large ${large.peakMib}`);
measure('activity executions of the large import', executions, 'executions', ['<=', 200]);
measure('history events of its longest run', Math.max(...large.runs.map(({ events }) => events)), 'events', [
  '<=',
  500,
]);
measure('largest input or result of a run', large.largestPayload, 'bytes', ['<=', 4_096]);
measure(
  'rate of the large import to the small one',
  large.rowsPerSecond / median(small.map((run) => run.rowsPerSecond)),
  'x',
  ['>=', 0.9],
);
measure(
  'memory of the worker to that with the small one',
  large.peakMib / median(small.map((run) => run.peakMib)),
  'x',
  ['<=', 1.2],
);

process.exitCode = report.end(json);

async function importWith(rows: number): Promise<Run> {
  const worker = await startProcess({
    name: 'user-worker',
    command: process.execPath,
    // A small heap, so that what is measured is what an import needs. By default V8 lets garbage of 100 MiB and more lie
    // before it collects, as long as the machine has room: the peak then says how early it collected, and no more.
    args: [
      '--max-semi-space-size=2',
      '--max-old-space-size=192',
      '--conditions=@adx/source',
      '--disable-warning=ExperimentalWarning',
      'apps/user-worker/src/main.ts',
    ],
    cwd: root,
    env: stack.platform.workerEnvironment('user'),
    untilLine: (line) => (line.includes('"msg":"ready"') ? (JSON.parse(line) as { port: number }).port : undefined),
    readyWithin: 60_000,
    stopWithin: 45_000,
  });
  try {
    await stack.restartGateway(`http://127.0.0.1:${worker.ready}`);
    const { operationId } = await upload(acme, rows);
    say(`peak after the upload: ${Math.round(await peakOf(worker.pid))} MiB`);
    if (!(await stack.platform.operations.ended(operationId, LARGE_WITHIN_MS))) throw new Error('did not end');
    return { ...(await historyOf(operationId, rows)), peakMib: await peakOf(worker.pid) };
  } finally {
    await worker.stop();
  }
}

async function upload(tenant: Tenant, rows: number): Promise<{ readonly operationId: string }> {
  const mark = randomUUID().slice(0, 8);
  const began = performance.now();
  const lines = function* () {
    // Some rows a chunk: a chunk for each would measure the sender.
    for (let n = 0; n < rows; n += 500) {
      const count = Math.min(500, rows - n);
      yield Array.from({ length: count }, (_, i) => `{"email":"user-${n + i}-${mark}@import.example"}\n`).join('');
    }
  };
  const answer = await stack.upload(tenant, { body: lines() });
  if (answer.status !== 202) throw new Error(`the upload was answered with ${answer.status}: ${answer.text}`);
  say(`${rows} rows uploaded in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  return answer.json<{ operationId: string }>();
}

async function historyOf(operationId: string, rows: number): Promise<Omit<Run, 'peakMib'>> {
  const { client } = stack.platform;
  const runs: { events: number; activities: number }[] = [];
  let largestPayload = 0;
  let began = 0;
  let ended = 0;
  const eventsOf = async (runId: string) =>
    (await client.workflow.getHandle(operationId, runId).fetchHistory()).events ?? [];
  const { raw } = await client.workflow.getHandle(operationId).describe();
  for (let runId = raw.workflowExecutionInfo?.firstRunId; runId;) {
    const events = await eventsOf(runId);
    const activities = events.filter((event) => event.activityTaskScheduledEventAttributes).length;
    runs.push({ events: events.length, activities });
    const first = events[0]!;
    const last = events.at(-1)!;
    for (const payloads of [
      first.workflowExecutionStartedEventAttributes?.input?.payloads,
      last.workflowExecutionCompletedEventAttributes?.result?.payloads,
    ]) {
      largestPayload = Math.max(
        largestPayload,
        (payloads ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
      );
    }
    began ||= Number(first.eventTime?.seconds) * 1_000 + Number(first.eventTime?.nanos) / 1e6;
    ended = Number(last.eventTime?.seconds) * 1_000 + Number(last.eventTime?.nanos) / 1e6;
    runId = last.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  const rowsPerSecond = (rows * 1_000) / (ended - began);
  say(`${rows} rows imported in ${((ended - began) / 1_000).toFixed(1)} s: ${JSON.stringify(runs)}`);
  return { rowsPerSecond, runs, largestPayload };
}

/** Linux's own count of the most memory a process ever had resident. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}
