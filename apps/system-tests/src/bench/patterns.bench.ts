// The patterns against the usual way to write the same processes, side by side in one run:
//   npm run bench:patterns [-- --json] [--rounds <rounds of each>] [--rows <rows of the import>]
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startReference } from '@adx/bench-reference';
import type { ReferenceEvent, ReferenceImport, ReferenceItem, ReferenceRequest } from '@adx/bench-reference';
import { notificationContract } from '@adx/notification-contract';
import { createOperations } from '@adx/operations';
import type { Operations } from '@adx/operations';
import { importFile, openTenant, openTestSubscription, startTestPlatform } from '@adx/testing';
import pg from 'pg';
import { cpuOfTree } from './cpu-of-tree.ts';
import { benchOptions } from './bench-options.ts';
import { createReport, median } from './report.ts';

const { json, counts } = benchOptions('bench:patterns', { rounds: 5, rows: 10_000, events: 1_000 });
const { sendNotification } = notificationContract.workflows;
const report = createReport();
const { say, measure } = report;
const root = join(import.meta.dirname, '..', '..', '..', '..');

/** Operations of one round of the standard process, and how many are under way at a time. */
const OPERATIONS = 150;
const LANES = 16;
/** One at a time, for the latency. */
const SINGLE = 40;
const SENDERS = 40;
const LONG_MS = 20 * 60_000;

interface Hook {
  readonly default: () => Promise<void>;
}
// The same Postgres and Temporal as in a test run.
const { default: setUp } = (await import(join(root, 'jest-global-setup.mjs'))) as Hook;
const { default: tearDown } = (await import(join(root, 'jest-global-teardown.mjs'))) as Hook;
await using opened = new AsyncDisposableStack();
opened.defer(() => tearDown());
say('starting Postgres, Temporal, the workers and the reference ...');
await setUp();
const platform = await startTestPlatform();
opened.defer(() => platform.stop());
const pool = new pg.Pool({ ...platform.database.superuser.options, max: 16 });
opened.defer(() => pool.end());
const reference = await startReference({ address: platform.temporalAddress, pool });
opened.defer(() => reference.stop());
const acme = await openTenant(platform);
await pool.query(`insert into reference.access values ($1, $2, 'user')`, [acme.tenantId, acme.ownerId]);
const email = () => `${randomUUID()}@bench.example`;

await measureStandard();
await measureImport();
await measureBurst();
process.exitCode = report.end(json);

/** What a number of operations took, and what all processes together used for each. */
interface Cost {
  readonly perSecond: number;
  readonly cpuMs: number;
}

async function costOf(count: number, work: () => Promise<void>): Promise<Cost> {
  const cpu = await cpuOfTree();
  const began = performance.now();
  await work();
  const perSecond = (count * 1_000) / (performance.now() - began);
  return { perSecond, cpuMs: (((await cpuOfTree()) - cpu) * 1_000) / count };
}

async function measureStandard(): Promise<void> {
  const principal = await ownerPrincipal();
  // A process whose effect nobody else is told of, as the reference tells nobody: a row of the service that owns it.
  const throughPattern = (operations: Operations) => async () => {
    const { operationId } = await operations.start(sendNotification, {
      input: sendNotification.input.parse({ userId: acme.ownerId, subject: 'Hello', body: email() }),
      principal,
      subject: acme.ownerId,
      tenantId: acme.tenantId,
      idempotencyKey: randomUUID(),
    });
    await platform.client.workflow.result(operationId);
  };
  const throughReference = async () => {
    const request: ReferenceRequest = {
      tenantId: acme.tenantId,
      userId: acme.ownerId,
      operation: 'Create',
      resourceType: 'user',
      email: email(),
    };
    await reference.client.workflow.execute('standardProcess', {
      taskQueue: reference.taskQueue,
      workflowId: randomUUID(),
      args: [request],
    });
  };
  const ways = {
    reference: throughReference,
    pattern: throughPattern(platform.operations),
    eager: throughPattern(createOperations({ client: platform.workerClient('notification'), eager: true })),
  };
  type Way = keyof typeof ways;
  const costs: Record<Way, Cost[]> = { reference: [], pattern: [], eager: [] };
  const latencies: Record<Way, number[]> = { reference: [], pattern: [], eager: [] };
  const names = Object.keys(ways) as Way[];
  for (const name of names) await inLanes(LANES, OPERATIONS, ways[name]);
  // In turns, so that what else the machine does touches all.
  for (let round = 0; round < counts.rounds; round += 1) {
    for (const name of names) {
      costs[name].push(await costOf(OPERATIONS, () => inLanes(LANES, OPERATIONS, ways[name])));
      for (let n = 0; n < SINGLE / counts.rounds; n += 1) {
        const began = performance.now();
        await ways[name]();
        latencies[name].push(performance.now() - began);
      }
    }
    say(
      `standard, round ${round + 1}: ${names.map((name) => `${name} ${costs[name].at(-1)!.perSecond.toFixed(0)}/s`).join(', ')}`,
    );
  }
  const rate = (name: Way) => median(costs[name].map(({ perSecond }) => perSecond));
  const cpu = (name: Way) => median(costs[name].map(({ cpuMs }) => cpuMs));
  measure('standard: rate to that of three activities', rate('pattern') / rate('reference'), 'x', ['>=', 1.8]);
  measure('standard, begun eagerly: rate to that of three activities', rate('eager') / rate('reference'), 'x', [
    '>=',
    2.5,
  ]);
  const latency = median(latencies.pattern) / median(latencies.reference);
  measure('standard: latency to that of three activities', latency, 'x', ['<=', 0.4]);
  measure('standard, begun eagerly: latency', median(latencies.eager) / median(latencies.reference), 'x');
  for (const name of names) measure(`standard: CPU of an operation, ${name}`, cpu(name), 'ms');
  for (const name of names) measure(`standard: median latency, ${name}`, median(latencies[name]), 'ms');
}

async function measureImport(): Promise<void> {
  const { rows } = counts;
  const throughPattern = async () => {
    const users = Array.from({ length: rows }, () => ({ email: email() }));
    const { operationId } = await importFile(platform, platform.operations, acme, users);
    if (!(await platform.operations.ended(operationId, LONG_MS))) throw new Error('the import did not end');
  };
  const throughReference = async () => {
    const items: ReferenceItem[] = Array.from({ length: rows }, () => ({ itemId: randomUUID(), email: email() }));
    const result = await reference.client.workflow.execute<(...args: unknown[]) => Promise<ReferenceImport>>(
      'longRunningProcess',
      { taskQueue: reference.taskQueue, workflowId: randomUUID(), args: [acme.tenantId, acme.ownerId, items] },
    );
    if (result.totalProcessed !== rows || result.totalFailed !== 0) throw new Error(JSON.stringify(result));
  };
  say(`importing ${rows} rows, upload included ...`);
  const pattern = [await costOf(rows, throughPattern), await costOf(rows, throughPattern)];
  say(`pattern: ${pattern.map(({ perSecond }) => `${perSecond.toFixed(0)} rows/s`).join(', ')}; now the reference ...`);
  const usual = await costOf(rows, throughReference);
  say(`reference: ${usual.perSecond.toFixed(0)} rows/s`);
  pattern.push(await costOf(rows, throughPattern));
  const middle = median(pattern.map(({ perSecond }) => perSecond));
  measure(`import of ${rows} rows: rate to that of batches of ten`, middle / usual.perSecond, 'x', ['>=', 30]);
  measure('import: CPU of a row, reference', usual.cpuMs, 'ms');
  measure('import: CPU of a row, pattern', median(pattern.map(({ cpuMs }) => cpuMs)), 'ms');
}

async function measureBurst(): Promise<void> {
  const { events } = counts;
  const throughReference = async () => {
    const handle = await reference.client.workflow.start('eventDrivenProcess', {
      taskQueue: reference.taskQueue,
      workflowId: randomUUID(),
      args: [randomUUID()],
    });
    const event = (n: number): ReferenceEvent => ({ eventId: `u${n}`, type: 'used', units: n });
    await inLanes(SENDERS, events, async (n) => handle.signal('event', event(n + 1)));
    while ((await handle.query<number>('count')) < events) await new Promise((resolve) => setTimeout(resolve, 100));
    await handle.terminate('measured');
  };
  const subscriptionWith = async (perRequest: number) => {
    const subscription = await openTestSubscription(platform);
    await subscription.report([{ eventId: 'first', type: 'paymentSucceeded', data: { reference: 'r' } }], 20_000);
    const used = (seq: number) => ({ eventId: `u${seq}`, type: 'usageReported', seq, data: { units: seq } });
    return costOf(events, async () => {
      await inLanes(SENDERS, Math.ceil(events / perRequest), async (request) => {
        const from = request * perRequest;
        const several = Array.from({ length: Math.min(perRequest, events - from) }, (_, n) => used(from + n + 1));
        await subscription.report(several);
      });
      while ((await subscription.row()).applied < events + 1) await new Promise((resolve) => setTimeout(resolve, 20));
    });
  };
  say(`a burst of ${events} events ...`);
  const single = [await subscriptionWith(1)];
  const together = [await subscriptionWith(100)];
  const usual = await costOf(events, throughReference);
  single.push(await subscriptionWith(1), await subscriptionWith(1));
  together.push(await subscriptionWith(100), await subscriptionWith(100));
  const rate = (costs: readonly Cost[]) => median(costs.map(({ perSecond }) => perSecond));
  say(
    `reference ${usual.perSecond.toFixed(0)}/s, one by one ${rate(single).toFixed(0)}/s, by the hundred ${rate(together).toFixed(0)}/s`,
  );
  const against = (costs: readonly Cost[]) => rate(costs) / usual.perSecond;
  measure('burst sent one by one: rate to that of one event at a time', against(single), 'x', ['>=', 10]);
  measure('burst sent by the hundred: rate to that of one event at a time', against(together), 'x', ['>=', 10]);
  measure('burst: CPU of an event, reference', usual.cpuMs, 'ms');
  measure('burst: CPU of an event, sent by the hundred', median(together.map(({ cpuMs }) => cpuMs)), 'ms');
  measure('burst: CPU of an event, sent one by one', median(single.map(({ cpuMs }) => cpuMs)), 'ms');
}

function ownerPrincipal(): Promise<string> {
  const { tenantId, ownerId } = acme;
  return platform.keys.signer.sign({ sub: ownerId, kind: 'user', tenantId, roles: ['owner'] });
}

/** Runs work so many times, some at once. */
async function inLanes(lanes: number, count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
