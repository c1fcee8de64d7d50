import { MAINTENANCE_TASKS, NO_TENANT, formatOperationId } from '@adx/contract-kit';
import type { Bound, Duration, Json } from '@adx/contract-kit';
import { callTemporal, startOf } from '@adx/operations';
import type { PrincipalSigner } from '@adx/principal';
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { BackgroundTask } from './background.ts';
import type { MaintenanceSettings } from './maintenance/settings.ts';

/** Starts a process of the service again and again. */
export interface ServiceSchedule {
  /** Unique within the service; the schedule is `<service>.<name>`. */
  readonly name: string;
  readonly workflow: Bound;
  readonly input: Json;
  /** A cron is in UTC; null removes the schedule. */
  readonly when: { readonly cron: string } | { readonly every: Duration } | null;
}

/** Not everybody's cron at the same second. */
const JITTER = '5m';
/** A cron that was due while the server was down is started once it is up; of an interval the next one is soon. */
const CATCH_UP = { cron: '12h', every: '1m' } as const;

/** The schedules of a service that keeps its data in order. */
export function maintenanceSchedules(
  { workflows }: { readonly workflows: { readonly maintain: Bound } },
  settings: MaintenanceSettings,
): readonly ServiceSchedule[] {
  return MAINTENANCE_TASKS.map((task) => {
    const cron = settings.schedules[task];
    return { name: task, workflow: workflows.maintain, input: { task }, when: cron === null ? null : { cron } };
  });
}

/**
 * Makes the schedules of a service what they should be, whoever was there before: each worker does it when it starts, and
 * the last one that did is right. One that a person has paused stays paused. What they start acts in the name of the
 * service, under a principal that is signed anew with each start of a worker.
 */
export function keepSchedules(options: {
  readonly client: Client;
  readonly service: string;
  readonly signer: PrincipalSigner;
  readonly schedules: readonly ServiceSchedule[];
}): BackgroundTask {
  const { client, service, signer, schedules } = options;
  return {
    name: 'schedules',
    async run() {
      const principal = await signer.sign({ sub: service, kind: 'service', tenantId: NO_TENANT, roles: [] });
      for (const schedule of schedules) await callTemporal(client, () => keep(client, principal, schedule));
    },
  };
}

async function keep(client: Client, principal: string, schedule: ServiceSchedule): Promise<void> {
  const { name, workflow, input, when } = schedule;
  const { service, taskQueue } = workflow;
  const scheduleId = `${service}.${name}`;
  const handle = client.schedule.getHandle(scheduleId);
  if (when === null) {
    await handle.delete().catch((error: unknown) => {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    });
    return;
  }
  // The time of the start is put behind it.
  const operationId = formatOperationId({
    tenantId: NO_TENANT,
    workflowType: workflow.name,
    key: `${service}-${name}`,
  });
  const launch = { workflow: workflow.name, taskQueue, operationId, tenantId: NO_TENANT, input, principal };
  const { options } = startOf(launch);
  const definition = {
    spec: 'cron' in when ? { cronExpressions: [when.cron], jitter: JITTER } : { intervals: [{ every: when.every }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflow.name,
      workflowId: operationId,
      taskQueue,
      args: options.args,
      memo: options.memo,
      typedSearchAttributes: options.typedSearchAttributes,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 'cron' in when ? CATCH_UP.cron : CATCH_UP.every },
  };
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update(({ state: { paused, note } }) => ({
      ...definition,
      state: { paused, ...(note === undefined ? {} : { note }) },
    }));
  }
}
