import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutEmpty } from '@adx/worker-runtime';
import type { Environment } from '@adx/worker-runtime';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { needsOf } from './needs.ts';
import type { Needs } from './needs.ts';
import { readOpenProcesses } from './open-processes.ts';
import { readContracts } from './released.ts';

/** Where to look; without an address at what the environment names, else at the dev stack of this tree. */
export interface RunningOptions {
  readonly json: boolean;
  readonly env: Environment;
  readonly address?: string;
  readonly namespace?: string;
}

/** `npm run contracts -- running`: what processes that are open on a server still need. */
export async function running(root: string, options: RunningOptions): Promise<number> {
  const env = withoutEmpty(options.env);
  const address = options.address ?? env['TEMPORAL_ADDRESS'] ?? (await addressOfStack(root));
  if (address === undefined) {
    process.stderr.write('which server? Say --address or TEMPORAL_ADDRESS, or start the dev stack with "npm start"\n');
    return 2;
  }
  const { connectionOptions, namespace: configured } = loadClientConnectConfig({
    overrideEnvVars: { ...env, TEMPORAL_ADDRESS: address },
    disableFile: env['TEMPORAL_CONFIG_FILE'] === undefined,
  });
  const connection = await Connection.connect(connectionOptions).catch((error: unknown) => error as Error);
  if (connection instanceof Error) {
    process.stderr.write(`no Temporal server answers at ${address}: ${connection.message}\n`);
    return 1;
  }
  try {
    const client = new Client({ connection, namespace: options.namespace ?? configured ?? 'default' });
    const contracts = (await readContracts(root)).map(({ current }) => current);
    const needs = needsOf(await readOpenProcesses(client), contracts);
    process.stdout.write(options.json ? `${JSON.stringify(reportOf(needs), null, 2)}\n` : textOf(needs));
    return needs.missing.length === 0 ? 0 : 1;
  } finally {
    await connection.close();
  }
}

function reportOf(needs: Needs): object {
  const ok = needs.missing.length === 0;
  const count = (name: string, value: number) => ({ name, value, unit: name, target: null, ok: true });
  return {
    ok,
    measures: [
      count('open processes', needs.processes),
      count('workflow types', needs.workflows.length),
      count('activities', needs.activities.length),
      { name: 'needed and in no contract', value: needs.missing.length, unit: 'names', target: 0, ok },
    ],
    ...needs,
  };
}

function textOf(needs: Needs): string {
  const lines = [`${needs.processes} open process(es); task queues: ${needs.queues.join(', ') || 'none'}`, ''];
  const row = (queue: string, type: string, what: string) =>
    lines.push(`  ${queue.padEnd(13)} ${type.padEnd(28)} ${what}`);
  lines.push('workflow types');
  for (const { taskQueue, type, open } of needs.workflows) row(taskQueue, type, `${open} open`);
  lines.push('', 'activities, with their undo');
  for (const { taskQueue, type, pending, done } of needs.activities) {
    row(taskQueue, type, `${pending} pending, ${done} done in open processes`);
  }
  if (needs.missing.length > 0)
    lines.push('', 'NEEDED, AND IN NO CONTRACT', ...needs.missing.map((name) => `  ${name}`));
  lines.push('', 'in the contracts, and used by no open process so far', ...needs.unused.map((name) => `  ${name}`));
  lines.push('', 'What an open process calls later is not in its history: keep what the code of its type names.', '');
  return lines.join('\n');
}

async function addressOfStack(root: string): Promise<string | undefined> {
  const file = join(root, '.adx', 'stack.json');
  if (!existsSync(file)) return undefined;
  const { addresses } = JSON.parse(await readFile(file, 'utf8')) as {
    readonly addresses: { readonly temporal: string };
  };
  return addresses.temporal;
}
