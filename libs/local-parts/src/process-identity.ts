import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/** A process that cannot be mistaken for another one which got the same number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; two processes of one pid differ in it. */
  readonly startedAt: string;
}

/** Who has this pid now. `undefined`: nobody, or only a zombie that its parent has not collected. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return fromPs(pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold spaces; state is field 3, start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, startedAt: `${bootId()}:${fields[19]}` };
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * Ends a process that may not be a child of this one: a signal, and after the bound SIGKILL for its whole group.
 *
 * @param options.within milliseconds that it gets to end by itself
 * @returns whether it was running at all
 */
export async function endProcess(
  identity: ProcessIdentity,
  options: { readonly signal?: NodeJS.Signals; readonly within?: number } = {},
): Promise<boolean> {
  if (!isRunning(identity)) return false;
  signalProcess(identity.pid, options.signal ?? 'SIGTERM');
  const gone = () => (isRunning(identity) ? undefined : true);
  if (await waitUntil(gone, { within: options.within ?? 10_000 })) return true;
  signalProcess(-identity.pid, 'SIGKILL');
  signalProcess(identity.pid, 'SIGKILL');
  await waitUntil(gone, { within: 5_000 });
  return true;
}

/** Signals a process, or with a negative number its group. Says whether there was one. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // EPERM: the number belongs to somebody else by now.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Start times count from boot, so a restart of the machine must not make two of them equal. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'boot';
  }
}

function fromPs(pid: number): ProcessIdentity | undefined {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : { pid, startedAt: started.join(' ') };
  } catch {
    return undefined;
  }
}
