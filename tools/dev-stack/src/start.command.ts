import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, waitUntil } from '@adx/local-parts';
import { askControl, serveControl } from './control.ts';
import type { PartStatus } from './control.ts';
import { endParts } from './left-parts.ts';
import { claim, claimant } from './stack-claim.ts';
import { readStackFile, removeStackFile } from './stack-file.ts';
import type { StackAddresses, StackFile } from './stack-file.ts';
import { startStack } from './stack.ts';
import type { StackEvent } from './stack.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Longer than any start; it is bounded by its parts. */
const START_MS = 240_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `npm start`: brings the stack up and stays; revives what died when one is up already. */
export async function start(options: { root: string; folder: string; detach: boolean }): Promise<number> {
  const { root, folder } = options;
  if (claimant(folder)) return joinRunning(folder);
  if (options.detach) return detach(root, folder);
  const release = claim(folder);
  // Another start was faster by a moment.
  if (!release) return joinRunning(folder);
  try {
    return await manage(root, folder);
  } finally {
    release();
  }
}

/** Brings the stack up and stays until a signal or another command ends it. */
async function manage(root: string, folder: string): Promise<number> {
  const stopped = Promise.withResolvers<string>();
  const interrupted = new AbortController();
  // From the first moment on, and never only once: without a listener a signal would leave all parts behind.
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      stopped.resolve(signal);
      interrupted.abort();
    });
  }
  let stopping = false;
  const onEvent = (event: StackEvent) => void ((stopping && event.kind !== 'progress') || tell(event));
  await clearAbandoned(folder);
  let stack;
  try {
    stack = await startStack({ root, folder, ports: 'default', onEvent, signal: interrupted.signal });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    print(`stopped before it was up (${await stopped.promise})`);
    return 130;
  }
  const control = await serveControl(stack, () => stopped.resolve('asked to stop'));
  await stack.record(control.url);
  printAddresses(stack.addresses);
  print('\nCtrl-C stops everything.');
  print(`\nstopping (${await stopped.promise}) ...`);
  stopping = true;
  await control.close();
  await stack.stop();
  print('stopped; the data is kept in .adx (npm run reset removes it)');
  return 0;
}

/** Another process manages the stack, or is just bringing it up. */
async function joinRunning(folder: string): Promise<number> {
  const owner = claimant(folder);
  let file = await readyFile(folder);
  if (owner && !file) {
    print(`process ${owner.pid} is bringing the stack up; waiting for it ...`);
    file =
      (await waitUntil(async () => (claimant(folder) ? readyFile(folder) : null), { within: START_MS })) ?? undefined;
  }
  const parts = file && (await askControl<PartStatus[]>(file, 'GET /status'));
  if (!file || !parts) {
    const who = owner ? `process ${owner.pid}, which manages the stack,` : 'the process that managed the stack';
    process.stderr.write(`${who} does not answer; "npm run stop" ends what is left, then start again\n`);
    return 1;
  }
  const down = parts.filter(({ running }) => !running);
  if (down.length === 0) print('the stack already runs:');
  else {
    print(`bringing back ${down.map(({ name }) => name).join(', ')} ...`);
    await askControl(file, 'POST /revive');
    print('the stack is whole again:');
  }
  printAddresses(file.addresses);
  return 0;
}

/** Of a stack that is up: a file whose supervisor is gone only says what it left behind. */
async function readyFile(folder: string): Promise<StackFile | undefined> {
  const file = await readStackFile(folder);
  return file?.ready && isRunning(file.supervisor) ? file : undefined;
}

/** Whoever managed the stack was killed: its parts may still run, and nobody watches them. */
async function clearAbandoned(folder: string): Promise<void> {
  const file = await readStackFile(folder);
  if (!file) return;
  const left = await endParts(file);
  if (left.length > 0) print(`ended what an earlier start left behind: ${left.join(', ')}`);
  await removeStackFile(folder);
}

async function detach(root: string, folder: string): Promise<number> {
  await mkdir(join(folder, 'logs'), { recursive: true });
  const logFile = join(folder, 'logs', 'stack.log');
  const log = await open(logFile, 'w', 0o600);
  const cli = join(import.meta.dirname, 'cli.ts');
  const child = spawn(process.execPath, ['--conditions=@adx/source', cli, 'start'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  let hasExited = false;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      hasExited = true;
      resolve();
    });
  });
  // It is in a group of its own: Ctrl-C reaches only this process.
  for (const signal of SIGNALS) process.on(signal, () => child.kill('SIGTERM'));
  print('starting in the background ...');
  const file = await waitUntil(async () => (await readyFile(folder)) ?? (hasExited ? null : undefined), {
    within: START_MS,
  });
  if (!file) {
    child.kill('SIGTERM');
    await exited;
    process.stderr.write(`the stack did not come up:\n${await readFile(logFile, 'utf8')}\n`);
    return 1;
  }
  child.unref();
  printAddresses(file.addresses);
  print('\n"npm run stop" stops it.');
  return 0;
}

/** Starting something takes seconds: each line says what is there already. */
export function tell(event: StackEvent): void {
  if (event.kind === 'progress') print(event.text);
  else if (event.kind === 'started') print(`${event.part} is up (${(event.durationMs / 1_000).toFixed(1)} s)`);
  else {
    print(`\n${event.part} ended (${event.how}). Its last lines:`);
    for (const line of event.lastLines.slice(-8)) print(`    ${line}`);
    print('The rest stays up; "npm start" in another terminal brings it back.');
  }
}

function printAddresses({ gateway, temporalUi, temporal, inbox, codec }: StackAddresses): void {
  print('');
  print(`  gateway      ${gateway}`);
  print(`  Temporal UI  ${temporalUi}   (server: ${temporal})`);
  print(`  codec server ${codec}   (sign in there, so that the UI can show payloads)`);
  print(`  inbox        ${inbox}`);
  print('  a token      npm run --silent token -- --role operator');
}
