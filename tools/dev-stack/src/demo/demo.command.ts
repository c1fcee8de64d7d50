import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueToken, removePostgres } from '@adx/local-parts';
import type { ReceivedMail } from '@adx/local-parts';
import { askControl } from '../control.ts';
import type { PartStatus } from '../control.ts';
import { runNow } from '../maintain.command.ts';
import { readStackFile } from '../stack-file.ts';
import type { StackAddresses } from '../stack-file.ts';
import { issuerKey } from '../stack-keys.ts';
import { startStack } from '../stack.ts';
import type { Stack, StackEvent } from '../stack.ts';
import { createEvidence } from './evidence.ts';
import { undoRepaired, workerKilled } from './fault.scenarios.ts';
import { createGatewayClient } from './gateway-client.ts';
import { addressRejected, onboards, slugTaken } from './onboarding.scenarios.ts';
import type { Scenario, ScenarioResult, Stage } from './stage.ts';
import { timelineOf } from './timeline.ts';
import { TOUR } from './tour/tour.ts';

interface DemoOptions {
  readonly root: string;
  readonly folder: string;
  /** The tour of all processes, too. */
  readonly all: boolean;
  readonly json: boolean;
}

/** As a shell says it of a program that ended by Ctrl-C. */
const INTERRUPTED = 130;

/** `npm run demo`: five stories, told over HTTP and checked in the databases; `--all` tells of every other process, too. */
export async function demo(options: DemoOptions): Promise<number> {
  const interrupted = new AbortController();
  // Not once: a terminal and npm both pass a Ctrl-C on, and the second one must not end this before its stack has.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  try {
    return await tell(options, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED;
    throw error;
  }
}

async function tell({ root, folder, all, json }: DemoOptions, interrupted: AbortSignal): Promise<number> {
  const say = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const suffix = Date.now().toString(36);

  await using opened = new AsyncDisposableStack();
  const own = async (): Promise<Stage> => {
    say('bringing up a stack for the demo ...');
    const stack = await startOwnStack(root, say, opened, interrupted);
    return stageOn(stack.addresses, stack.postgresUrl, stack.issuer, suffix, opened, stack);
  };

  const running = await runningStack(folder);
  if (running) say(`using the running stack at ${running.addresses.gateway}`);
  const first = running
    ? await stageOn(running.addresses, running.secrets.postgresUrl, await issuerKey(folder), suffix, opened)
    : await own();
  const results: ScenarioResult[] = [];
  const play = async (scenarios: readonly Scenario[], stage: Stage) => {
    for (const scenario of scenarios) {
      if (interrupted.aborted) return;
      results.push(await playOne(scenario, stage, say));
    }
  };
  await play([onboards, slugTaken, addressRejected], first);
  const faults = [workerKilled, undoRepaired];
  if (!interrupted.aborted) await play(faults, first.stack ? first : await own());
  // Each under a suffix of its own: no two stories of the tour take the same slug, whatever they call their tenant.
  if (all) for (const [index, story] of TOUR.entries()) await play([story], { ...first, suffix: `${suffix}-${index}` });

  await opened.disposeAsync();
  if (interrupted.aborted) return INTERRUPTED;
  const ok = results.every((result) => result.ok);
  if (json) {
    const addresses = running?.addresses ?? (first.stack as Stack).addresses;
    process.stdout.write(`${JSON.stringify({ ok, scenarios: results, addresses }, null, 2)}\n`);
  } else say(ok ? '\nevery check held' : '\nsome checks did not hold');
  return ok ? 0 : 1;
}

async function playOne(scenario: Scenario, stage: Stage, say: (line: string) => void): Promise<ScenarioResult> {
  const { name, says = [], shows } = scenario;
  say(`\n${name}`);
  for (const line of says) say(`  ${line}`);
  const began = Date.now();
  const durationMs = () => Date.now() - began;
  try {
    const { operation, others = [], checks, evidence } = await scenario.play(stage);
    const all = [operation, ...others].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    for (const one of all) for (const line of timelineOf(one)) say(`  ${line}`);
    for (const [check, held] of Object.entries(checks)) say(`  ${held ? 'ok    ' : 'FAILED'} ${check}`);
    const unseen = shows.filter((process) => !all.some(({ type }) => type === process));
    if (unseen.length > 0) throw new Error(`the story did not show ${unseen.join(', ')}`);
    const { status, operationId } = operation;
    const operations = all.map((one) => ({ operationId: one.operationId, type: one.type, status: one.status }));
    const ok = Object.values(checks).every(Boolean);
    return { name, ok, status, operationId, operations, durationMs: durationMs(), evidence: { checks, ...evidence } };
  } catch (error) {
    say(`  FAILED ${(error as Error).message}`);
    const evidence = { error: (error as Error).message };
    return { name, ok: false, status: 'unknown', operationId: '', operations: [], durationMs: durationMs(), evidence };
  }
}

async function runningStack(folder: string) {
  const file = await readStackFile(folder);
  const parts = file && (await askControl<PartStatus[]>(file, 'GET /status'));
  return parts?.every(({ running }) => running) ? file : undefined;
}

async function startOwnStack(
  root: string,
  say: (line: string) => void,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'adx-demo-'));
  opened.defer(async () => {
    await removePostgres(join(folder, 'postgres'));
    await rm(folder, { recursive: true, force: true });
  });
  const onEvent = (event: StackEvent) => {
    if (event.kind === 'progress') say(`  ${event.text}`);
    else if (event.kind === 'started') say(`  ${event.part} is up (${(event.durationMs / 1_000).toFixed(1)} s)`);
    else say(`  ${event.part} ended (${event.how})`);
  };
  const stack = await startStack({ root, folder, ports: 'free', onEvent, signal });
  opened.defer(async () => {
    say('\nstopping what the demo started ...');
    await stack.stop();
  });
  return stack;
}

async function stageOn(
  addresses: StackAddresses,
  postgresUrl: string,
  issuer: Stack['issuer'],
  suffix: string,
  opened: AsyncDisposableStack,
  stack?: Stack,
): Promise<Stage> {
  const evidence = createEvidence(postgresUrl);
  opened.defer(() => evidence.close());
  const as: Stage['as'] = async (who) =>
    createGatewayClient(addresses.gateway, who === 'nobody' ? undefined : await issueToken(issuer, who));
  const gateway = await as({ role: 'operator' });
  return {
    gateway,
    as,
    maintain: (service, schedule) => runNow({ temporal: addresses.temporal, gateway }, service, schedule),
    evidence,
    suffix,
    inbox: async () => (await (await fetch(`${addresses.inbox}/messages`)).json()) as ReceivedMail[],
    ...(stack ? { stack } : {}),
  };
}
