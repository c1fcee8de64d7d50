import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BootstrapError } from './bootstrap-error.mjs';
import { runToEnd } from './run-to-end.mjs';

/**
 * Generates the Prisma client of every app whose schema, or whose version of Prisma, changed since the last time.
 * Nothing is downloaded, and nothing is said but one line per client.
 *
 * @param node the Node that runs Prisma
 * @throws BootstrapError with what Prisma said
 */
export async function generatePrismaClients(root, node, env) {
  const apps = await readdir(join(root, 'apps'), { withFileTypes: true });
  for (const { name } of apps) {
    const app = join(root, 'apps', name);
    const schema = join(app, 'prisma', 'schema.prisma');
    if (!existsSync(schema)) continue;
    const stamp = await stampOf(root, schema);
    if ((await readFile(stampFile(join(app, 'generated', 'prisma')), 'utf8').catch(() => '')) === stamp) continue;
    process.stderr.write(`generating the Prisma client of ${name} ...\n`);
    await generate({ root, node, env, app, name, schema, stamp });
  }
}

/** Generates beside the client in use and swaps the two, so that an interrupted run never looks like a whole one. */
async function generate({ root, node, env, app, name, schema, stamp }) {
  const generated = join(app, 'generated');
  const draft = join(generated, `.draft-${randomUUID()}`);
  // The schema says "../generated/prisma": a copy of it at the same depth generates below the draft.
  const client = join(draft, 'generated', 'prisma');
  const copy = join(draft, 'prisma', 'schema.prisma');
  const logFile = join(draft, 'prisma.log');
  try {
    await mkdir(join(draft, 'prisma'), { recursive: true });
    await cp(schema, copy);
    const log = await open(logFile, 'w');
    try {
      const code = await runToEnd(
        node,
        [join(root, 'node_modules/prisma/build/index.js'), 'generate', '--schema', copy],
        {
          cwd: root,
          env: {
            ...env,
            // Without it Prisma downloads an engine that `generate` never runs: any file that exists will do.
            PRISMA_SCHEMA_ENGINE_BINARY: node,
            PRISMA_HIDE_UPDATE_MESSAGE: '1',
            CHECKPOINT_DISABLE: '1',
            NO_COLOR: '1',
          },
          stdio: ['ignore', log.fd, log.fd],
        },
      );
      if (code !== 0 || !existsSync(join(client, 'client.ts'))) {
        const said = (await readFile(logFile, 'utf8')).trim();
        throw new BootstrapError(
          `the Prisma client of ${name} could not be generated (exit code ${code}). ` +
            `Correct ${schema}, or remove node_modules and run the command again. Prisma said:\n${said}`,
        );
      }
    } finally {
      await log.close();
    }
    await writeFile(stampFile(client), stamp);
    await swap(client, join(generated, 'prisma'), join(draft, 'replaced'));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Two commands may generate at once: whoever finds the other's client in place has the same one. */
async function swap(client, place, aside) {
  await rename(place, aside).catch(ignoring('ENOENT'));
  await rename(client, place).catch(ignoring('ENOTEMPTY', 'EEXIST'));
}

function ignoring(...codes) {
  return (error) => {
    if (!codes.includes(error.code)) throw error;
  };
}

/** What the generated code depends on. */
async function stampOf(root, schema) {
  const manifests = ['prisma', '@prisma/client'].map((name) => join(root, 'node_modules', name, 'package.json'));
  const versions = await Promise.all(manifests.map(async (file) => JSON.parse(await readFile(file, 'utf8')).version));
  return createHash('sha256')
    .update(`${versions.join(' ')}\n`)
    .update(await readFile(schema))
    .digest('hex');
}

function stampFile(client) {
  return join(client, '.stamp');
}
