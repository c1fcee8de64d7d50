// The commands of the dev stack; the bootstrap has installed everything and runs this under Node 24.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICES } from '@adx/services';
import { audit } from './audit.command.ts';
import { deadLetters } from './dead-letters.command.ts';
import { demo } from './demo/demo.command.ts';
import { keys } from './keys.command.ts';
import { maintain } from './maintain.command.ts';
import { start } from './start.command.ts';
import { reset, status, stop } from './stop.command.ts';
import { token } from './token.command.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = join(root, '.adx');

const HELP: Readonly<Record<string, string>> = {
  start: `npm start [-- --detach]

Brings up Temporal, Postgres, an SMTP inbox, a token issuer, the workers and the gateway, and stays.
Data is kept in .adx. When a stack already runs, says so, and brings back the parts that died.

  --detach   runs it in the background and returns when it is up`,
  stop: 'npm run stop\n\nStops the stack; its data is kept.',
  status: 'npm run status\n\nShows every part. Exits 1 when one of them is down.',
  reset: 'npm run reset [-- --yes]\n\nStops the stack and removes its data, keys and logs. Asks first, or takes --yes.',
  token: `npm run --silent token -- --role operator|owner|member [--tenant <id>] [--sub <id>]

Prints a token of the dev issuer, good for 12 hours. An operator belongs to no tenant and may onboard tenants.

  --tenant   the tenant's id; owners and members need it
  --sub      who it is for; dev-operator, dev-owner or dev-member by default`,
  audit: `npm run audit [-- --service ${SERVICES.join('|')}] [--tenant <id>] [--json]

Follows the audit chain of every tenant in the running stack. Exits 1 and names the first number that was edited,
removed, moved, inserted or cut off.`,
  keys: `npm run keys -- list [--tenant <id>] | rotate --tenant <id> | destroy --tenant <id> [--yes]   [--json]

The keys that encrypt what Temporal stores of a tenant, in the running stack.

  list       versions, ages and root keys, never a key; of all tenants without --tenant
  rotate     makes a new version, which encrypts from now on; what older ones encrypted stays readable
  destroy    deletes all versions: every history of the tenant is unreadable, for ever. Asks first, or takes --yes.
             End its operations before: a running one cannot go on. Backups hold the keys until they expire.`,
  'dead-letters': `npm run dead-letters -- list|requeue|discard [--service ${SERVICES.join('|')}] [--id <id>] [--json]

What could not be delivered or applied after ten attempts waits for a person, and all of its aggregate behind it.

  requeue    sends it once more, when its cause is mended
  discard    gives it up; what waits behind it goes on
  --id       as list shows it`,
  maintain: `npm run maintain -- reconciliation|audit-check|retention [--service tenant|user|notification] [--json]

Has the services do now what their schedules do by night. What a reconciliation or an audit check finds needs attention:
GET /v1/needs-attention.

  reconciliation   steps, outbox, inbox and invitations that do not fit together
  audit-check      follows the audit chains; looks for entries that nobody seals
  retention        removes what is older than configured`,
  demo: `npm run demo [-- --all] [--json]

Onboards tenants through the gateway and shows what happens when things fail. Uses the running stack for the first
scenarios and a temporary one of its own for those that kill workers. Exits 0 only if every check held.

  --all      goes on to every other process of the platform: users, plans, messages, invitations, imports,
             subscriptions, suspensions, directories, webhooks and a reconciliation; about a minute more
  --json     prints one JSON document on stdout, and nothing else there`,
};

async function main([command = '', ...args]: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: ['keys', 'dead-letters', 'maintain'].includes(command),
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      detach: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      role: { type: 'string' },
      tenant: { type: 'string' },
      sub: { type: 'string' },
      service: { type: 'string' },
      id: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP[command] ?? Object.values(HELP).join('\n\n')}\n`);
    return 0;
  }
  switch (command) {
    case 'start':
      return start({ root, folder, detach: values.detach });
    case 'stop':
      return stop(folder);
    case 'status':
      return status(folder);
    case 'reset':
      return reset(folder, values.yes);
    case 'token': {
      const { role, tenant, sub } = values;
      return token(folder, { ...(role ? { role } : {}), ...(tenant ? { tenant } : {}), ...(sub ? { sub } : {}) });
    }
    case 'audit': {
      const { service, tenant, json } = values;
      return audit(folder, { json, ...(service ? { service } : {}), ...(tenant ? { tenant } : {}) });
    }
    case 'keys': {
      const { tenant, yes, json } = values;
      const [action, ...more] = positionals;
      if (more.length > 0) throw Object.assign(new Error(`"${more[0]}" is too much`), { code: 'ERR_PARSE_ARGS' });
      return keys(folder, { yes, json, ...(action ? { action } : {}), ...(tenant ? { tenant } : {}) });
    }
    case 'dead-letters': {
      const { service, id, json } = values;
      const [action] = positionals;
      return deadLetters(folder, {
        json,
        ...(action ? { action } : {}),
        ...(service ? { service } : {}),
        ...(id ? { id } : {}),
      });
    }
    case 'maintain': {
      const { service, json } = values;
      const [task] = positionals;
      return maintain(folder, { json, ...(task ? { task } : {}), ...(service ? { service } : {}) });
    }
    case 'demo':
      return demo({ root, folder, all: values.all, json: values.json });
    default:
      process.stderr.write(`"${command}" is no command of the dev stack\n`);
      return 2;
  }
}

/** Errors with a remedy in their message; a stack would only hide it. */
const EXPLAINED = new Set(['AuditHeadError', 'LocalPartError', 'MigrationError', 'PayloadCodecError']);

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { name, message, stack, code } = error as Error & { code?: string };
  const usage = code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${EXPLAINED.has(name) || usage ? message : stack}\n`);
  process.exitCode = usage ? 2 : 1;
}
