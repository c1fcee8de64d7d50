import { setTimeout as delay } from 'node:timers/promises';
import { MAINTENANCE_TASKS } from '@adx/contract-kit';
import type { MaintenanceTask } from '@adx/contract-kit';
import { issueToken, waitUntil } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { createGatewayClient } from './demo/gateway-client.ts';
import type { GatewayClient, OperationBody } from './demo/gateway-client.ts';
import { readStackFile } from './stack-file.ts';
import { issuerKey } from './stack-keys.ts';

const WITHIN_MS = 120_000;

/** `npm run maintain`: does now what the schedules do by night. */
export async function maintain(
  folder: string,
  options: { readonly task?: string; readonly service?: string; readonly json: boolean },
): Promise<number> {
  const task = MAINTENANCE_TASKS.find((one) => one === options.task);
  const services = SERVICES.filter((name) => options.service === undefined || name === options.service);
  if (!task || services.length === 0) {
    process.stderr.write(`say ${MAINTENANCE_TASKS.join(', ')}; --service is one of ${SERVICES.join(', ')}\n`);
    return 2;
  }
  const file = await readStackFile(folder);
  if (!file) {
    process.stderr.write('the stack does not run; start it with "npm start"\n');
    return 1;
  }
  const { gateway: url, temporal } = file.addresses;
  const gateway = createGatewayClient(url, await issueToken(await issuerKey(folder), { role: 'operator' }));
  const runs = [];
  for (const service of services) {
    const { operationId, status, result } = await runNow({ temporal, gateway }, service, task);
    runs.push({ service, operationId, status, result });
    if (!options.json) process.stdout.write(`${service.padEnd(13)} ${status}  ${JSON.stringify(result)}\n`);
  }
  const ok = runs.every(({ status }) => status === 'completed');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, task, runs }, null, 2)}\n`);
  return ok ? 0 : 1;
}

/** Has a schedule start its process now, and waits for its end. @throws Error when there is no such schedule */
export async function runNow(
  { temporal, gateway }: { readonly temporal: string; readonly gateway: GatewayClient },
  service: ServiceName,
  schedule: MaintenanceTask | 'reminders',
): Promise<OperationBody> {
  const connection = await Connection.connect({ address: temporal });
  try {
    const client = new Client({ connection });
    const scheduleId = `${service}.${schedule}`;
    // Read as it is: what the schedule starts is encrypted, and nobody's business here.
    const started = async () => {
      const { info } = await client.workflowService.describeSchedule({ namespace: 'default', scheduleId });
      return (info?.recentActions ?? []).map((action) => action.startWorkflowResult?.workflowId ?? '');
    };
    const before = new Set(await started());
    // Its id ends in the second in which it was started: two in one second would be one.
    await delay(1_000 - (Date.now() % 1_000));
    await client.schedule.getHandle(scheduleId).trigger(ScheduleOverlapPolicy.ALLOW_ALL);
    const find = async () => (await started()).find((id) => !before.has(id));
    const operationId = await waitUntil(find, { within: WITHIN_MS });
    if (!operationId) throw new Error(`the schedule ${scheduleId} has started nothing in ${WITHIN_MS} ms`);
    return await gateway.until(operationId, ({ closedAt }) => closedAt !== undefined, WITHIN_MS);
  } finally {
    await connection.close();
  }
}
