import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { spawn } from 'node:child_process';
import { BootstrapError } from './bootstrap-error.mjs';

/** Generates the Prisma client of every app whose schema, or whose Prisma, changed since the last time. */
export async function generatePrismaClients(root, node, env) {
  const prisma = join(root, 'node_modules', 'prisma');
  const { version, bin } = JSON.parse(await readFile(join(prisma, 'package.json'), 'utf8'));
  const apps = await readdir(join(root, 'apps'));
  await Promise.all(
    apps.map(async (app) => {
      const schema = join(root, 'apps', app, 'prisma', 'schema.prisma');
      if (!existsSync(schema)) return;
      const stamp = join(root, 'apps', app, 'generated', 'prisma', '.stamp');
      const wanted = createHash('sha256').update(version).update(await readFile(schema)).digest('hex');
      if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
      process.stderr.write(`generating the Prisma client of ${app} ...\n`);
      const cli = join(prisma, typeof bin === 'string' ? bin : bin.prisma);
      const { code, output } = await collect(node, [cli, 'generate', '--schema', relative(root, schema)], root, {
        ...env,
        // `generate` needs no schema engine, but downloads one unless this names a file; any file does.
        PRISMA_SCHEMA_ENGINE_BINARY: node,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      });
      if (code !== 0) throw new BootstrapError(`"prisma generate" failed for ${relative(root, schema)}:\n${output}`);
      await writeFile(stamp, wanted);
    }),
  );
}

function collect(file, args, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
