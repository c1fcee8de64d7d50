// The one entry of every npm script. Runs under any Node >= 20 without node_modules: installs from the lockfile when it
// changed, prepares what an install without scripts leaves undone, picks Node 24 and runs the command under it.
// Everything it says goes to stderr: stdout belongs to the command (`npm run demo -- --json`).
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { writeHandlerLists } from '../workspace-plugin/src/handler-lists.mjs';
import { writeServiceLists } from '../workspace-plugin/src/service-lists.mjs';
import { hydratePostgres } from './bootstrap/hydrate-postgres.mjs';
import { installPackages } from './bootstrap/install-packages.mjs';
import { linkWorkspaces } from './bootstrap/link-workspaces.mjs';
import { pickNode24 } from './bootstrap/node-24.mjs';
import { generatePrismaClients } from './bootstrap/prisma-clients.mjs';
import { runToEnd } from './bootstrap/run-to-end.mjs';

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'node_modules', '.bin');
const stackCommands = [
  'start',
  'stop',
  'status',
  'reset',
  'token',
  'audit',
  'dead-letters',
  'keys',
  'maintain',
  'demo',
];

const usage = `usage: node tools/dev-stack/bootstrap.mjs <command> [arguments]

  start | stop | status | reset | token | audit | dead-letters | keys | maintain | demo
                                                 the dev stack; "<command> --help" explains each
  test [jest arguments]                          builds the workflow bundles, then runs jest
  test:deep [jest arguments]                     the same for the long suites
  generate <generator> [arguments]               domain-service, activity, workflow, read or remove-service;
                                                 "generate <generator> --help" explains each
  <anything else>                                that program of node_modules/.bin, under Node 24

Packages are installed first when package-lock.json changed.
`;

async function main([command, ...args]) {
  if (command === undefined || command === '--help' || command === '-h') {
    process.stderr.write(usage);
    return command === undefined ? 2 : 0;
  }
  await installPackages(root);
  await linkWorkspaces(root);
  await hydratePostgres(root);
  const node = pickNode24(root);
  const env = childEnvironment(node);
  await generatePrismaClients(root, node, env);
  await writeHandlerLists(root);
  await writeServiceLists(root);
  const run = (file, rest, options) => runToEnd(file, rest, { cwd: root, env, ...options });

  if (stackCommands.includes(command)) {
    return run(node, [join(root, 'tools/dev-stack/src/cli.ts'), command, ...args]);
  }
  if (command === 'test' || command === 'test:deep') {
    // Nx prints to stderr here, so that `npm test -- --json` stays parseable.
    const bundled = await run(join(bin, 'nx'), ['run-many', '-t', 'bundle-workflows'], { stdio: ['ignore', 2, 2] });
    const which = command === 'test' ? [] : ['--config', 'jest.deep.config.mjs'];
    return bundled === 0 ? run(join(bin, 'jest'), [...which, ...args], { env: forJest(env) }) : bundled;
  }
  if (command === 'generate') {
    const [generator = '--help', ...rest] = args;
    const which = generator.startsWith('-')
      ? ['list', '@adx/workspace-plugin']
      : ['generate', `@adx/workspace-plugin:${generator}`, ...rest];
    return run(join(bin, 'nx'), which);
  }
  const program = join(bin, command);
  if (!existsSync(program) && command !== 'node') {
    process.stderr.write(
      `"${command}" is no command of the dev stack and no program in node_modules/.bin.\n\n${usage}`,
    );
    return 2;
  }
  return run(command === 'node' ? node : program, args, { env: command === 'jest' ? forJest(env) : env });
}

function childEnvironment(node) {
  return {
    ...process.env,
    PATH: [dirname(node), bin, process.env.PATH].join(delimiter),
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NODE_OPTIONS: [process.env.NODE_OPTIONS, '--conditions=@adx/source', '--disable-warning=ExperimentalWarning']
      .filter(Boolean)
      .join(' '),
  };
}

function forJest(env) {
  return { ...env, NODE_OPTIONS: `${env.NODE_OPTIONS} --experimental-vm-modules` };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A problem with a remedy is explained by its message alone; anything else is a bug and keeps its stack.
  process.stderr.write(`${error.name === 'BootstrapError' ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
