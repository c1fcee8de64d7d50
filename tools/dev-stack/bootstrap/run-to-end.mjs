import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Runs a program to its end and returns its exit code, as a shell would: a program killed by a signal gives 128 + n.
 * Signals that reach this process are passed on; this process itself outlives its child, so that whoever waits for it
 * knows that nothing is left.
 */
export function runToEnd(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, forward);
    const settle = () => forwarded.forEach((signal) => process.removeListener(signal, forward));
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
