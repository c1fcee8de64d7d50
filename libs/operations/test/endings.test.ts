import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { formatOperationId } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import type { Operations } from '@adx/operations';
import { bundleWorkflows } from '@adx/workflow-bundle';
import type { WorkflowHandle } from '@temporalio/client';
import { TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { until } from './probe-harness.ts';

const taskQueue = `endings-${randomUUID()}`;

let environment: TestWorkflowEnvironment;
let operations: Operations;
let worker: Worker;
let running: Promise<void>;
beforeAll(async () => {
  // What is scripted is no news.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  environment = await TestWorkflowEnvironment.createFromExistingServer({
    address: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
  });
  const workflowsPath = fileURLToPath(new URL('./endings.workflows.ts', import.meta.url));
  const workflowBundle = await bundleWorkflows({ workflowsPath });
  worker = await Worker.create({ connection: environment.nativeConnection, taskQueue, workflowBundle });
  running = worker.run();
  operations = createOperations({ client: environment.client });
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await environment.teardown();
});

/** Started by hand: no starter of ours gives the server a time-out. */
function start(
  workflowType: string,
  tenantId: string,
  more: { workflowRunTimeout?: '1s' } = {},
): Promise<WorkflowHandle> {
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });
  return environment.client.workflow.start(workflowType, {
    taskQueue,
    workflowId: formatOperationId({ tenantId, workflowType, key: randomUUID() }),
    typedSearchAttributes: new TypedSearchAttributes([
      keyword('TenantId', tenantId),
      keyword('OperationStatus', 'running'),
    ]),
    ...more,
  });
}

test('offers no cancellation of what has said how it ended, even before the server has closed it', async () => {
  const handle = await start('lingers', randomUUID());
  const view = await operations.get(handle.workflowId);
  expect(view).toMatchObject({ status: 'cancelled', stale: false, cancellable: false });
  expect(view).not.toHaveProperty('closedAt');
  await handle.terminate();
});

test('shows and lists what the server timed out as failed, whatever it said of itself', async () => {
  const tenantId = randomUUID();
  const { workflowId } = await start('lingers', tenantId, { workflowRunTimeout: '1s' });
  expect(await operations.ended(workflowId, 20_000)).toBe(true);
  expect(await operations.get(workflowId)).toMatchObject({
    status: 'failed',
    stale: true,
    cancellable: false,
    error: { type: 'TimedOutByServer' },
  });
  const listed = await until(
    () => operations.list({ tenantId, status: 'failed', limit: 5 }),
    (page) => page.operations.length > 0,
  );
  expect(listed.operations).toMatchObject([{ operationId: workflowId, status: 'failed' }]);
});

test('lists a process that went on as a new run once', async () => {
  const tenantId = randomUUID();
  const { workflowId } = await start('goesOn', tenantId);
  const listed = await until(
    () => operations.list({ tenantId, limit: 5 }),
    ({ operations: seen }) => seen.some(({ status }) => status === 'completed'),
  );
  expect(listed.operations).toMatchObject([{ operationId: workflowId, status: 'completed' }]);
});
