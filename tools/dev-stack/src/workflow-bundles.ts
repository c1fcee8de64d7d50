import { delimiter, dirname, join } from 'node:path';
import { LocalPartError, describeExit, startProcess } from '@adx/local-parts';

/** Bundles the workflows of every worker that has some; Nx does only what changed. */
export async function bundleWorkflows(options: {
  readonly root: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { root, logFile, signal } = options;
  const nx = await startProcess({
    name: 'the bundling of the workflows',
    command: process.execPath,
    args: [join(root, 'node_modules', '.bin', 'nx'), 'run-many', '-t', 'bundle-workflows', '--output-style=stream'],
    cwd: root,
    env: {
      ...process.env,
      // Its tasks start `node` by name: it must be this one.
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      NODE_OPTIONS: '--conditions=@adx/source',
    },
    logFile,
    signal,
  });
  const abort = () => void nx.stop();
  signal.addEventListener('abort', abort, { once: true });
  const exit = await nx.exited;
  signal.removeEventListener('abort', abort);
  if (exit.code === 0) return;
  const lines = nx.lastLines().map((line) => `    ${line}`);
  throw new LocalPartError(`${nx.name} failed (${describeExit(exit)}; ${logFile}):\n${lines.join('\n')}`);
}
