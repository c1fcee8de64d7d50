import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { writeAuditHeads } from './audit-heads.ts';
import { checkAudit } from './check-audit.ts';
import type { AuditFaults } from './check-audit.ts';
import { sealAudit } from './seal-audit.ts';

/** How long an entry waits at most before it is chained. */
const INTERVAL_MS = 500;
/** How often the signed heads are written, when there is something new. */
const HEADS_MS = 10_000;
const KEY_BYTES = 32;

/** Chains the audit of one service while its worker runs. */
export interface AuditSealer {
  readonly name: string;
  /** Ends when it is told to; rejects when the database does not answer, and may then be run again. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether what is sealed is as it was sealed, and nothing has waited for longer than this. */
  check(minutes: number): Promise<AuditFaults>;
  close(): Promise<void>;
}

/** @throws RangeError when the file does not hold 32 bytes as base64 */
export async function readAuditKey(file: string): Promise<Buffer> {
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new RangeError(`the audit key in ${file} has ${key.length} bytes; it must be 32, as base64`);
}

/**
 * @param options.url connects as the sealer role of the service
 * @param options.headFile where the signed heads are kept; best on another disk than the database
 */
export async function connectAuditSealer(options: {
  readonly url: string;
  readonly schema: string;
  readonly keyFile: string;
  readonly headFile?: string;
}): Promise<AuditSealer> {
  const { url, schema, headFile } = options;
  const key = await readAuditKey(options.keyFile);
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  return {
    name: 'audit-sealer',
    async run(signal) {
      let written = 0;
      let news = true;
      while (!signal.aborted) {
        const sealed = await sealAudit(pool, key);
        news ||= sealed > 0;
        if (headFile && news && Date.now() - written > HEADS_MS) {
          await writeAuditHeads({ pool, schema, key, file: headFile });
          written = Date.now();
          news = false;
        }
        // A full batch may have more behind it.
        if (sealed === 0) await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      }
    },
    check: (minutes) => checkAudit({ url, key, minutes, ...(headFile ? { headFile } : {}) }),
    close: () => pool.end(),
  };
}
