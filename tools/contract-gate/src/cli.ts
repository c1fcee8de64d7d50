// The gate of the contracts: npm run contracts -- check | accept | running
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accept, check } from './check.command.ts';
import { running } from './running.command.ts';

const USAGE = `npm run contracts -- check | accept [<service> ...] | running   [--json]

  check      compares every contract with its released.json, and refuses removals and changes that callers, histories or
             ledgers could not live with: contract, entry, field and the fix. Exits 1 then
  accept     writes released.json of every contract, or of those of some services: part of a release
    --because "<sentence>"   accepts what is refused, too, and records why
    --root <folder>          of another checkout
  running    what the processes that are open on a Temporal server still need: queues, workflow types, activities. Exits 1
             when one of them is in no contract any more
    --address <host:port>    default: TEMPORAL_ADDRESS, else the running dev stack
    --namespace <name>       default: TEMPORAL_NAMESPACE, else default`;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      because: { type: 'string' },
      root: { type: 'string', default: join(import.meta.dirname, '..', '..', '..') },
      address: { type: 'string' },
      namespace: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const { root } = values;
  const [command = '', ...more] = positionals;
  if (more.length > 0 && command !== 'accept')
    throw Object.assign(new Error(`"${more[0]}" is too much`), { code: 'ERR_PARSE_ARGS' });
  switch (command) {
    case 'check':
      return check(root, { json: values.json });
    case 'accept':
      return accept(root, { only: more, ...(values.because === undefined ? {} : { because: values.because }) });
    case 'running': {
      const { json, address, namespace } = values;
      const where = { ...(address ? { address } : {}), ...(namespace ? { namespace } : {}) };
      return running(root, { json, env: process.env, ...where });
    }
    default:
      process.stderr.write(`${USAGE}\n`);
      return 2;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { message, stack, code } = error as Error & { code?: string };
  const usage = code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${usage ? message : stack}\n`);
  process.exitCode = usage ? 2 : 1;
}
