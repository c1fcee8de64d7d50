import { readFile } from 'node:fs/promises';
import type { SecretReference } from './hosts.ts';

/** Reads the value of a secret. What it throws names the reference, never a value. */
export type SecretReader = (from: SecretReference) => Promise<string>;

/**
 * Reads secrets where their references point: from the environment or from files, as orchestrators mount them.
 *
 * @param options.env the environment of the process
 */
export function createSecretReader({
  env,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
}): SecretReader {
  return async (from) => {
    const kind = from.slice(0, from.indexOf(':'));
    const place = from.slice(from.indexOf(':') + 1);
    const value = kind === 'env' ? env[place] : kind === 'file' ? await read(place) : undefined;
    if (!value?.trim()) throw new Error(`the secret ${from} is not there or empty; set it, it is read at every call`);
    const trimmed = value.trim();
    // A header with such a character is refused by Node with a message of its own; do not rely on what that quotes.
    if (!/^[\x20-\x7e]+$/.test(trimmed)) throw new Error(`the secret ${from} has characters that no header may have`);
    return trimmed;
  };
}

/**
 * The place of a tenant's secret. It follows from the tenant: no name leads to the secret of another tenant, with which
 * this one could act in the other one's place.
 *
 * @param folder holds `<tenant id>/<name>`; without it the secret is a variable `ADX_SECRET_<tenant id>_<NAME>`
 */
export function tenantSecret(tenantId: string, name: string, folder: string | undefined): SecretReference {
  if (folder !== undefined) return `file:${folder}/${tenantId}/${name}`;
  return `env:ADX_SECRET_${tenantId.replaceAll('-', '').toUpperCase()}_${name.toUpperCase()}`;
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
