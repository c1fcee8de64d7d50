import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalPartError, identifyProcess, isRunning, signalProcess, startProcess, waitUntil } from '@adx/local-parts';
import type { LocalProcess, ProcessOptions } from '@adx/local-parts';

const open: LocalProcess<unknown>[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.stop())));

/** A program of this many words of JavaScript. */
async function startNode<Ready>(
  script: string,
  options: Partial<ProcessOptions<Ready>> = {},
): Promise<LocalProcess<Ready>> {
  const started = await startProcess<Ready>({
    name: 'it',
    command: process.execPath,
    args: ['-e', script],
    ...options,
  });
  open.push(started);
  return started;
}

const FOREVER = 'setInterval(() => {}, 1000);';
const port = (line: string) => /^port (\d+)$/.exec(line)?.[1];

describe('a program', () => {
  test('is ready when it prints what is waited for', async () => {
    const started = await startNode(`console.log('hello'); console.log('port 81'); ${FOREVER}`, { untilLine: port });
    expect(started.ready).toBe('81');
    expect(started.lastLines()).toEqual(['hello', 'port 81']);
  });

  test('writes what it prints to its log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'adx-process-'));
    try {
      const logFile = join(folder, 'logs', 'it.log');
      const { exited } = await startNode(`console.log('out'); console.error('err');`, { logFile });
      expect(await exited).toEqual({ code: 0, signal: null });
      const wanted = async () => /out\n/.test(await readFile(logFile, 'utf8')) || undefined;
      expect(await waitUntil(wanted, { within: 5_000 })).toBe(true);
      expect(await readFile(logFile, 'utf8')).toContain('err\n');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('that ends before it is ready is told with its last lines', async () => {
    const start = startNode(`console.error('the disk is full'); process.exit(3)`, { untilLine: port });
    await expect(start).rejects.toThrow(LocalPartError);
    await expect(start).rejects.toThrow(
      /^it ended before it was ready \(exit code 3\)\. Its last lines:\n {4}the disk is full$/,
    );
  });

  test('that is not ready in time is ended', async () => {
    let pid = 0;
    const onSpawn = (of: number) => void (pid = of);
    const start = startNode(FOREVER, { untilLine: port, readyWithin: 300, onSpawn });
    await expect(start).rejects.toThrow('it was not ready within 0.3 s. It printed nothing.');
    expect(identifyProcess(pid)).toBeUndefined();
  });

  test('that does not exist is named', async () => {
    await expect(startProcess({ name: 'it', command: '/no/such/program' })).rejects.toThrow(
      /^it cannot be started: .*ENOENT/,
    );
  });
});

describe('stopping a program', () => {
  test('asks it first', async () => {
    const script = `process.on('SIGTERM', () => process.exit(7)); console.log('port 1'); ${FOREVER}`;
    const started = await startNode(script, { untilLine: port });
    expect(await started.stop()).toEqual({ code: 7, signal: null });
    expect(await started.stop()).toEqual({ code: 7, signal: null });
  });

  test('forces it when it does not listen', async () => {
    const script = `process.on('SIGTERM', () => {}); console.log('port 1'); ${FOREVER}`;
    const started = await startNode(script, { untilLine: port, stopWithin: 300 });
    expect(await started.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('ends what it started, too', async () => {
    const script = `const { pid } = require('child_process').spawn(process.execPath, ['-e', '${FOREVER}']);
      console.log('port ' + pid); ${FOREVER}`;
    const started = await startNode(script, { untilLine: port });
    const child = identifyProcess(Number(started.ready))!;
    expect(isRunning(child)).toBe(true);
    await started.stop();
    expect(await waitUntil(() => (isRunning(child) ? undefined : true), { within: 5_000 })).toBe(true);
  });
});

test('a process is known by more than its number', async () => {
  const started = await startNode(FOREVER);
  const identity = identifyProcess(started.pid)!;
  expect(isRunning(identity)).toBe(true);
  expect(isRunning({ ...identity, startedAt: 'another time' })).toBe(false);
  await started.stop();
  expect(isRunning(identity)).toBe(false);
  expect(signalProcess(started.pid, 'SIGTERM')).toBe(false);
});

describe('waiting', () => {
  test('ends with the first value', async () => {
    let looks = 0;
    expect(await waitUntil(() => ((looks += 1) === 3 ? 'there' : undefined), { within: 5_000 })).toBe('there');
    expect(looks).toBe(3);
  });

  test('ends when time is up, also in the middle of a look', async () => {
    expect(await waitUntil(() => undefined, { within: 60 })).toBeUndefined();
    expect(await waitUntil(() => new Promise(() => undefined), { within: 60 })).toBeUndefined();
  });

  test('ends at once with what a look throws', async () => {
    const look = () => Promise.reject(new Error('never again'));
    await expect(waitUntil(look, { within: 60_000 })).rejects.toThrow('never again');
  });
});
