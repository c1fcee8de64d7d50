import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, isRunning, waitUntil } from '@adx/local-parts';
import { askControl, serveControl } from './control.ts';
import type { PartStatus } from './control.ts';
import { readStackFile, removeStackFile } from './stack-file.ts';
import type { StackAddresses, StackFile } from './stack-file.ts';
import { startStack } from './stack.ts';
import type { StackEvent } from './stack.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** `npm start`: brings the stack up and stays; revives what died when one is up already. */
export async function start(options: { root: string; folder: string; detach: boolean }): Promise<number> {
  const { root, folder } = options;
  const file = await readStackFile(folder);
  if (file) {
    const running = await joinRunning(file);
    if (running !== undefined) return running;
    await clearAbandoned(folder, file);
  }
  if (options.detach) return detach(root, folder);

  const stopped = Promise.withResolvers<string>();
  let stopping = false;
  const stack = await startStack({ root, folder, ports: 'default', onEvent: (event) => stopping || tell(event) });
  const control = await serveControl(stack, () => stopped.resolve('asked to stop'));
  await stack.record(control.url);
  printAddresses(stack.addresses);
  print('\nCtrl-C stops everything.');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.resolve(signal));
  print(`\nstopping (${await stopped.promise}) ...`);
  stopping = true;
  await control.close();
  await stack.stop();
  print('stopped; the data is kept in .adx (npm run reset removes it)');
  return 0;
}

/** @returns the exit code when a stack is up, undefined when there is none */
async function joinRunning(file: StackFile): Promise<number | undefined> {
  const parts = await askControl<PartStatus[]>(file, 'GET /status');
  if (!parts) return undefined;
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

/** Whoever managed the stack was killed: its parts may still run, and nobody watches them. */
async function clearAbandoned(folder: string, file: StackFile): Promise<void> {
  const left = Object.entries(file.parts).filter(([, identity]) => isRunning(identity));
  if (left.length > 0) print(`ending what an earlier start left behind: ${left.map(([name]) => name).join(', ')} ...`);
  await Promise.all(
    left.map(([name, identity]) => endProcess(identity, { signal: name === 'postgres' ? 'SIGINT' : 'SIGTERM' })),
  );
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
  print('starting in the background ...');
  let exited = false;
  child.once('exit', () => (exited = true));
  const file = await waitUntil(
    async () => {
      if (exited) return null;
      const found = await readStackFile(folder);
      return found?.ready ? found : undefined;
    },
    { within: 240_000 },
  );
  if (!file) {
    process.stderr.write(`the stack did not come up:\n${await readFile(logFile, 'utf8')}\n`);
    if (!exited) child.kill('SIGTERM');
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

function printAddresses({ gateway, temporalUi, temporal, inbox }: StackAddresses): void {
  print('');
  print(`  gateway      ${gateway}`);
  print(`  Temporal UI  ${temporalUi}   (server: ${temporal})`);
  print(`  inbox        ${inbox}`);
  print('  a token      npm run --silent token -- --role operator');
}
