// A worker with named faults: the same composition as the real one, for demonstrations and crash tests.
//   node --conditions=@adx/source tools/dev-stack/faulty-worker.ts <service> '<faults as JSON>'
// Each fault is { activity, point, mode?, action, times?, skip? }; see Fault of @adx/testing. Says `fault fired` when one does.
import { SERVICES } from '@adx/services';
import { SERVICES_BY_NAME, createFaultPlan } from '@adx/testing';
import type { Fault } from '@adx/testing';
import { runWorker } from '@adx/worker-runtime';

const [name, json] = process.argv.slice(2);
const service = SERVICES.find((one) => one === name);
const faults = createFaultPlan(JSON.parse(json ?? '[]') as Fault[], (site) => {
  process.stdout.write(`${JSON.stringify({ msg: 'fault fired', ...site })}\n`);
});

if (service) await runWorker(SERVICES_BY_NAME[service], { faults });
else {
  process.stderr.write(`usage: faulty-worker.ts <${SERVICES.join('|')}> <faults as JSON>\n`);
  process.exitCode = 2;
}
