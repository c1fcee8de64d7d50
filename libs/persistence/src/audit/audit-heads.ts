import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { canonicalJson } from '@adx/contract-kit';
import type { Pool } from 'pg';

/** How long a tenant's chain is, and how it ends. */
export interface AuditHead {
  readonly tenantId: string;
  readonly seq: number;
  readonly mac: string;
}

/** The heads of one service at one moment, signed. Kept outside the database, it shows that a chain was cut off. */
export interface AuditHeadFile {
  readonly schema: string;
  readonly at: string;
  readonly heads: readonly AuditHead[];
  readonly signature: string;
}

/** A head file that was not written by the holder of the key. */
export class AuditHeadError extends Error {
  override readonly name = 'AuditHeadError';
}

/** Writes the file anew; a reader sees the old one or the new one. */
export async function writeAuditHeads(options: {
  readonly pool: Pool;
  readonly schema: string;
  readonly key: Buffer;
  readonly file: string;
}): Promise<void> {
  const { pool, schema, key, file } = options;
  const { rows } = await pool.query<AuditHead>(
    `select tenant_id as "tenantId", seq::int as seq, encode(mac, 'hex') as mac from audit_head
     where seq > 0 order by tenant_id`,
  );
  const content = { schema, at: new Date().toISOString(), heads: rows };
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify({ ...content, signature: sign(key, content) }, null, 1)}\n`, {
    mode: 0o600,
  });
  await rename(draft, file);
}

/** @throws AuditHeadError when the file was changed or signed with another key */
export async function readAuditHeads(file: string, key: Buffer): Promise<AuditHeadFile> {
  const { signature, ...content } = JSON.parse(await readFile(file, 'utf8')) as AuditHeadFile;
  const expected = Buffer.from(sign(key, content));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new AuditHeadError(`${file} was changed, or was signed with another key`);
  }
  return { ...content, signature };
}

function sign(key: Buffer, { schema, at, heads }: Omit<AuditHeadFile, 'signature'>): string {
  const text = canonicalJson({ schema, at, heads: heads.map(({ tenantId, seq, mac }) => ({ tenantId, seq, mac })) });
  return createHmac('sha256', key).update('heads\n').update(text).digest('hex');
}
