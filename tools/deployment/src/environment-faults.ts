import type { z } from 'zod';
import type { DeployedApp } from './apps.ts';

/** Where a process of an app runs. */
export interface Placement {
  /** For messages. */
  readonly where: string;
  /** Values that are written down; undefined: from a secret that is there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths of the files that are mounted. */
  readonly files: readonly string[];
  /** `host:port` of what can be reached by a name of its own. */
  readonly reachable: readonly string[];
}

/** Variables of the libraries, which no app's configuration lists. */
const OF_LIBRARIES = /^(?:TEMPORAL|OTEL)_[A-Z0-9_]+$/;
/** Values of secrets that rows and variables refer to. */
const OF_TENANTS = /^ADX_SECRET_/;

/**
 * What the app would refuse at its start, and what it would start with and not do: a variable it does not know, a file that
 * is not mounted, an address that nobody has.
 */
export function environmentFaults({ config, listens, usesTemporal }: DeployedApp, placement: Placement): string[] {
  const { where, env, files, reachable } = placement;
  const faults: string[] = [];
  const shape = config.shape;
  for (const name of Object.keys(env)) {
    if (Object.hasOwn(shape, name) || OF_TENANTS.test(name) || (usesTemporal && OF_LIBRARIES.test(name))) continue;
    faults.push(
      `${where}: ${name} is no variable of its configuration; it knows ${Object.keys(shape).sort().join(', ')}`,
    );
  }
  for (const [name, schema] of Object.entries(shape)) {
    const given = Object.hasOwn(env, name);
    const value = env[name];
    if (given && value === undefined) continue;
    const parsed = (schema as z.ZodType).safeParse(value);
    if (parsed.success) continue;
    const why = parsed.error.issues.map(({ message }) => message).join('; ');
    faults.push(given ? `${where}: ${name} is wrong: ${why}` : `${where}: ${name} is missing: ${why}`);
  }
  for (const [name, value = ''] of Object.entries(env)) {
    const file = name.endsWith('_FILE') ? value : /^file:(.+)$/.exec(value)?.[1];
    if (file && !files.includes(file)) faults.push(`${where}: ${name} is ${file}, and no such file is mounted`);
    faults.push(...unreachable(where, name, value, reachable));
  }
  if (listens && env[listens.host] !== '0.0.0.0') {
    faults.push(`${where}: ${listens.host} has to be 0.0.0.0, or nobody outside of the container reaches it`);
  }
  if (usesTemporal && !env['TEMPORAL_ADDRESS']) {
    faults.push(`${where}: TEMPORAL_ADDRESS is missing: without it the server would be looked for in the container`);
  }
  return faults;
}

/** Names without a dot are those of this file's own services; others are somebody else's to check. */
function unreachable(where: string, name: string, value: string, reachable: readonly string[]): string[] {
  const url = /^[a-z]+:\/\//.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || url.hostname.includes('.')) return [];
  const port = url.port || { 'http:': '80', 'https:': '443', 'postgres:': '5432' }[url.protocol] || '';
  const address = `${url.hostname}:${port}`;
  return reachable.includes(address) ? [] : [`${where}: ${name} leads to ${address}, which nothing here has`];
}
