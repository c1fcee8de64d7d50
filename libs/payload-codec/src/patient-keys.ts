import { setTimeout as sleep } from 'node:timers/promises';
import { PayloadCodecError } from './codec-error.ts';
import type { TenantKeys } from './tenant-keys.ts';

/** Between two looks for a database that does not answer. */
const AGAIN_MS = 250;

/**
 * The same keys, but asked for again while their database does not answer. A worker's codec must not fail for a
 * database that restarts: the SDK ends a worker that cannot encode what an attempt has thrown.
 *
 * @param patienceMs after this, `KeysUnavailable` is thrown all the same
 */
export function patientKeys(
  keys: Pick<TenantKeys, 'current' | 'version'>,
  patienceMs: number,
): Pick<TenantKeys, 'current' | 'version'> {
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    const end = Date.now() + patienceMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const worthAnother = error instanceof PayloadCodecError && error.fault === 'KeysUnavailable';
        if (!worthAnother || Date.now() + AGAIN_MS > end) throw error;
        await sleep(AGAIN_MS);
      }
    }
  };
  return {
    current: (tenantId) => patiently(() => keys.current(tenantId)),
    version: (tenantId, version) => patiently(() => keys.version(tenantId, version)),
  };
}
