// A worker with named faults: the same composition as the real one, for demonstrations and crash tests.
//   node --conditions=@adx/source tools/dev-stack/faulty-worker.ts <tenant|user|notification> '<faults as JSON>'
// Each fault is { activity, point, mode?, action, times?, skip? }; see Fault of @adx/testing. Says `fault fired` when one does.
import { notificationService } from '@adx/notification-worker';
import { tenantService } from '@adx/tenant-worker';
import { createFaultPlan } from '@adx/testing';
import type { Fault } from '@adx/testing';
import { userService } from '@adx/user-worker';
import { runWorker } from '@adx/worker-runtime';

const [service, json] = process.argv.slice(2);
const faults = createFaultPlan(JSON.parse(json ?? '[]') as Fault[], (site) => {
  process.stdout.write(`${JSON.stringify({ msg: 'fault fired', ...site })}\n`);
});

if (service === 'tenant') await runWorker(tenantService, { faults });
else if (service === 'user') await runWorker(userService, { faults });
else if (service === 'notification') await runWorker(notificationService, { faults });
else {
  process.stderr.write('usage: faulty-worker.ts <tenant|user|notification> <faults as JSON>\n');
  process.exitCode = 2;
}
