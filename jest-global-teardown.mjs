import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Stops what the set-up started, and removes its data. */
export default async function tearDown() {
  const parts = globalThis.__adxTestParts;
  if (!parts) return;
  const { removePostgres } = await import('@adx/local-parts');
  await Promise.all([parts.temporal?.stop(), parts.postgres?.stop()]);
  await removePostgres(join(parts.folder, 'postgres'));
  await rm(parts.folder, { recursive: true, force: true });
}
