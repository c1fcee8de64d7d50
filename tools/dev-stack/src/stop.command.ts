import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { endProcess, isRunning, removePostgres, signalProcess, waitUntil } from '@adx/local-parts';
import { askControl } from './control.ts';
import type { PartStatus } from './control.ts';
import { endParts } from './left-parts.ts';
import { claimant } from './stack-claim.ts';
import { readStackFile, removeStackFile } from './stack-file.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Draining a worker takes up to 40 s. */
const STOP_MS = 90_000;

/** `npm run stop`: stops the stack, also one that is only starting, and one whose manager was killed. */
export async function stop(folder: string): Promise<number> {
  const file = await readStackFile(folder);
  const owner = claimant(folder);
  if (!file && !owner) {
    print('the stack does not run');
    return 0;
  }
  print('stopping ...');
  if (owner) {
    const asked = file && (await askControl(file, 'POST /stop')) !== undefined;
    if (!asked) signalProcess(owner.pid, 'SIGTERM');
    const gone = await waitUntil(() => (isRunning(owner) ? undefined : true), { within: STOP_MS });
    if (!gone) await endProcess(owner);
  }
  const last = await readStackFile(folder);
  if (last) await endParts(last);
  await removeStackFile(folder);
  print('stopped; the data is kept in .adx (npm run reset removes it)');
  return 0;
}

/** `npm run status`: what runs. Exits 1 when something that should does not. */
export async function status(folder: string): Promise<number> {
  const file = await readStackFile(folder);
  const parts = file && (await askControl<PartStatus[]>(file, 'GET /status'));
  if (!file || !parts) {
    print(file ? 'the process that managed the stack is gone; "npm start" starts anew' : 'the stack does not run');
    return 1;
  }
  for (const { name, running, pid, starts, how } of parts) {
    const state = running ? `up, pid ${pid}` : `down (${how ?? 'not started'})`;
    print(`${name.padEnd(20)} ${state}${starts > 1 ? `, started ${starts} times` : ''}`);
  }
  for (const [name, address] of Object.entries(file.addresses)) {
    if (typeof address === 'string') print(`${name.padEnd(20)} ${address}`);
  }
  return parts.every(({ running }) => running) ? 0 : 1;
}

/** `npm run reset`: stops the stack and removes its data, keys and logs. */
export async function reset(folder: string, yes: boolean): Promise<number> {
  if (!yes) {
    if (!process.stdin.isTTY) {
      process.stderr.write('reset removes all data of the dev stack; say --yes when nobody can be asked\n');
      return 2;
    }
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await prompt.question('Remove all data, keys and logs of the dev stack? [y/N] ');
    prompt.close();
    if (!/^y(es)?$/i.test(answer.trim())) return 1;
  }
  if (claimant(folder) || (await readStackFile(folder))) await stop(folder);
  await removePostgres(join(folder, 'postgres'));
  for (const name of ['temporal', 'keys', 'logs', 'audit-heads', 'inbox.json']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  print('removed');
  return 0;
}
