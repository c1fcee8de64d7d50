import { MockActivityEnvironment } from '@temporalio/testing';
import { whileBeating } from '../src/heartbeat.ts';

test('an activity whose contract has a heartbeat sends one until it ends', async () => {
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 30 });
  let beats = 0;
  const third = Promise.withResolvers<string>();
  environment.on('heartbeat', () => {
    beats += 1;
    if (beats === 3) third.resolve('done');
  });
  // Ends by its own beats, so that no clock is asked.
  expect(await environment.run(() => whileBeating(() => third.promise))).toBe('done');
  const atTheEnd = beats;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(beats).toBe(atTheEnd);
});

test('one without a heartbeat sends none, and its failure is its own', async () => {
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => (beats += 1));
  const failing = environment.run(() => whileBeating(() => Promise.reject(new Error('its own'))));
  await expect(failing).rejects.toThrow('its own');
  expect(beats).toBe(0);
});
