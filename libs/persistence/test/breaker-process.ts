import { Pool } from 'pg';
import { createBreakerStore } from '../src/breaker-store.ts';

// A process of its own that asks a breaker again and again until it is told to stop, and prints the probes it was given.
const [url, service, probeMs] = process.argv.slice(2) as [string, string, string];
const pool = new Pool({ connectionString: url, max: 1 });
const store = createBreakerStore(pool);
let asked = 0;
let stopped = false;
process.on('disconnect', () => (stopped = true));
process.on('message', (message) => void (message === 'stop' && (stopped = true)));
const probes: string[] = [];
// Connected before it says so: all begin in the same moment.
await pool.query('select 1');
process.send!('ready');
await new Promise((resolve) => void process.once('message', resolve));
// At least once: on a busy machine the word to stop may come together with the word to go.
do {
  const permit = await store.permit(service, { probeMs: Number(probeMs) });
  asked += 1;
  if (permit.verdict !== 'open') probes.push(permit.verdict === 'probe' ? permit.probe : 'closed');
} while (!stopped);
await pool.end();
process.send!({ asked, probes }, () => process.disconnect());
