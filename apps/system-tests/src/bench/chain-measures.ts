import { randomUUID } from 'node:crypto';
import type { StepLedger } from '@adx/activity-middleware';
import { startWireProxy } from '@adx/local-parts';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { BenchTx } from './bench-service.ts';
import type { Sides } from './bench-sides.ts';
import { median } from './report.ts';
import type { Report } from './report.ts';

const environment = new MockActivityEnvironment();
/** Activities must run inside an activity: one context for many calls, so that it is not what is measured. */
const inActivity = <T>(work: () => Promise<T>): Promise<T> => environment.run(work) as Promise<T>;

/** Round trips of an activity, its share of the leases of permits included. */
export async function measureRoundTrips(sides: Sides, report: Report, postgresPort: number): Promise<void> {
  const proxy = await startWireProxy(postgresPort);
  const full = sides.full({ port: proxy.port });
  const bare = sides.bare(proxy.port);
  const times = 100;
  const trips = async (work: () => Promise<unknown>) => {
    // The first one connects.
    await work();
    const before = proxy.roundTrips();
    for (let n = 0; n < times; n += 1) await work();
    return (proxy.roundTrips() - before) / times;
  };
  const bareTrips = await trips(() => bare.insert());
  const fullTrips = await inActivity(() => trips(() => full.insert()));
  await full.close();
  await bare.close();
  await proxy.close();
  report.say(`round trips: bare ${bareTrips}, full ${fullTrips}`);
  report.measure('round trips more than a bare transaction', fullTrips - bareTrips, 'round trips', ['<=', 2]);
}

/** CPU of this process for an activity whose transaction costs nothing; the limiter leases as ever. */
export async function measureCpu(sides: Sides, report: Report): Promise<void> {
  const output = { userId: randomUUID() };
  const full = sides.full({ ledger: { forward: () => Promise.resolve(output) } as unknown as StepLedger<BenchTx> });
  const rounds = 20_000;
  const cpuOf = async (work: () => Promise<unknown>) => {
    for (let n = 0; n < 2_000; n += 1) await work();
    const before = process.cpuUsage();
    for (let n = 0; n < rounds; n += 1) await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / rounds;
  };
  const chain = await inActivity(() => cpuOf(() => full.insert()));
  const input = await inActivity(() => cpuOf(() => Promise.resolve(sides.call())));
  await full.close();
  report.measure('CPU of the chain outside the database', chain - input, 'us per activity', ['<=', 60]);
}

/** Activities and bare transactions in the same time, in turns: what else the machine does touches both. */
export async function measureRate(sides: Sides, report: Report): Promise<void> {
  const full = sides.full();
  const bare = sides.bare();
  const rate = async (work: () => Promise<unknown>, count: number) => {
    const began = performance.now();
    let left = count;
    const lane = async () => {
      while (left-- > 0) await work();
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    return (count / (performance.now() - began)) * 1_000;
  };
  const rates = { full: [] as number[], bare: [] as number[] };
  await inActivity(async () => {
    await rate(() => bare.insert(), 300);
    await rate(() => full.insert(), 300);
    for (let round = 0; round < 7; round += 1) {
      rates.bare.push(await rate(() => bare.insert(), 600));
      rates.full.push(await rate(() => full.insert(), 600));
    }
  });
  await full.close();
  await bare.close();
  const [of, to] = [median(rates.full), median(rates.bare)];
  report.say(`rate at 16 in parallel: bare ${to.toFixed(0)}/s, full ${of.toFixed(0)}/s`);
  report.measure('rate against the bare transaction', of / to, 'x', ['>=', 0.55]);
}
