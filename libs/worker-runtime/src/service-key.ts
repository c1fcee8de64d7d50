import { SERVICE_KEY_PREFIX, createPrincipalSigner } from '@adx/principal';
import type { PrincipalSigner } from '@adx/principal';
import { ConfigError } from './config.ts';
import { readJsonFile } from './read-json-file.ts';

/** @throws ConfigError when the file has no private key of this very service */
export async function readServiceKey(file: string, service: string): Promise<PrincipalSigner> {
  try {
    const jwk = (await readJsonFile(file)) as Parameters<typeof createPrincipalSigner>[0]['jwk'];
    const owner = jwk.kid?.startsWith(SERVICE_KEY_PREFIX) && jwk.kid.slice(SERVICE_KEY_PREFIX.length).split('/', 1)[0];
    if (owner !== service) throw new TypeError(`its kid must be "${SERVICE_KEY_PREFIX}${service}"`);
    return await createPrincipalSigner({ jwk });
  } catch (error) {
    throw new ConfigError(
      `ADX_SERVICE_KEY_FILE: cannot take the key of "${service}" from ${file} (${(error as Error).message})`,
    );
  }
}
