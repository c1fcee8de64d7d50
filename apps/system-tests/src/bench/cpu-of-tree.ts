import { readFile, readdir } from 'node:fs/promises';

/** What Linux counts processor time in; the same on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor seconds that this process and everything it started have used so far: workers, server and database. Linux only. */
export async function cpuOfTree(): Promise<number> {
  const processes = (
    await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(statOf))
  ).filter((stat) => stat !== undefined);
  const tree = new Set([process.pid]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  const ticks = processes.filter(({ pid }) => tree.has(pid)).reduce((sum, { used }) => sum + used, 0);
  return ticks / TICKS_PER_SECOND;
}

async function statOf(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name, in brackets, may hold spaces: fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index]);
  // Also of children that have ended: utime, stime, cutime, cstime.
  return { pid: Number(pid), parent: at(1), used: at(11) + at(12) + at(13) + at(14) };
}
