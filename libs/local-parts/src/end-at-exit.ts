import { signalProcess } from './process-identity.ts';

/** Groups that run now, each with what ends it at once. The one piece of module state: an exit hook has no arguments. */
const groups = new Map<number, NodeJS.Signals>();

function endAll(): void {
  for (const [pid, signal] of groups) {
    // Its group too: a program that was interrupted while it started others must not leave those.
    if (signal === 'SIGKILL') signalProcess(-pid, signal);
    else signalProcess(pid, signal);
  }
}

/**
 * Ends a process group when this process exits, however its code was left (an uncaught error, `process.exit`).
 *
 * It cannot help when this process gets SIGKILL; whoever must survive that writes down the process identities.
 *
 * @returns forgets it; for when it has ended
 */
export function endAtExit(pid: number, signal: NodeJS.Signals): () => void {
  if (groups.size === 0) process.on('exit', endAll);
  groups.set(pid, signal);
  return () => {
    groups.delete(pid);
    if (groups.size === 0) process.removeListener('exit', endAll);
  };
}
