import { setTimeout as pause } from 'node:timers/promises';
import { identifyProcess, isRunning, startProcess, waitUntil } from '@adx/local-parts';
import { createPart } from '../src/part.ts';
import type { Part, PartEvent } from '../src/part.ts';

const BOUND_MS = 10_000;

/** A part whose process runs this piece of JavaScript and is ready when it prints `ready`. */
function partOf(script: string): { part: Part; events: PartEvent[] } {
  const events: PartEvent[] = [];
  const part = createPart(
    'sample',
    (context) =>
      startProcess({
        ...context,
        name: 'sample',
        command: process.execPath,
        args: ['-e', script],
        untilLine: (line) => (line === 'ready' ? true : undefined),
      }),
    (event) => events.push(event),
  );
  return { part, events };
}

const STAYS = "console.log('ready'); setInterval(() => undefined, 1000)";
const NEVER_READY = 'setInterval(() => undefined, 1000)';

const kinds = (events: readonly PartEvent[]) => events.map(({ kind }) => kind);

describe('a part', () => {
  test('tells of its process before it is ready, so that it can be put on record', async () => {
    const { part, events } = partOf(STAYS);
    await part.start();
    expect(kinds(events)).toEqual(['spawned', 'started']);
    expect(part.state()).toMatchObject({ running: true, starts: 1, pid: expect.any(Number) as number });
    await part.stop();
  });

  test('is named with its last lines when it dies, and can be started again', async () => {
    const { part, events } = partOf(STAYS);
    await part.start();
    part.kill('SIGKILL');
    await waitUntil(() => (part.state().running ? undefined : true), { within: BOUND_MS });
    expect(events.at(-1)).toEqual({ kind: 'died', part: 'sample', how: 'SIGKILL', lastLines: ['ready'] });
    expect(part.state()).toEqual({ running: false, starts: 1, how: 'SIGKILL' });

    await part.start();
    expect(part.state()).toMatchObject({ running: true, starts: 2 });
    await part.stop();
  });

  test('is started once, however many ask for it', async () => {
    const { part, events } = partOf(STAYS);
    await Promise.all([part.start(), part.start(), part.start()]);
    await part.start();
    expect(kinds(events)).toEqual(['spawned', 'started']);
    await part.stop();
  });

  test('ends when it is stopped while it is being started', async () => {
    const { part, events } = partOf(NEVER_READY);
    const started = part.start().catch((error: Error) => error.message);
    await waitUntil(() => part.state().pid, { within: BOUND_MS });
    const pid = part.state().pid!;
    await part.stop();
    expect(await started).toBe('sample was stopped before it was ready');
    expect(identifyProcess(pid)).toBeUndefined();
    expect(kinds(events)).toEqual(['spawned']);
  });

  test('is gone for whoever asks second to stop it, too', async () => {
    const { part } = partOf(`process.on('SIGTERM', () => setTimeout(() => process.exit(), 500)); ${STAYS}`);
    await part.start();
    const identity = identifyProcess(part.state().pid!)!;
    const first = part.stop();
    await part.stop();
    expect(isRunning(identity)).toBe(false);
    await first;
  });

  test('is not reported as dead when it was asked to stop', async () => {
    const { part, events } = partOf(STAYS);
    await part.start();
    await part.stop();
    // Its death would be told in the same turn as its end; one more turn for good measure.
    await pause(0);
    expect(kinds(events)).toEqual(['spawned', 'started']);
    expect(part.state()).toEqual({ running: false, starts: 1 });
  });
});
