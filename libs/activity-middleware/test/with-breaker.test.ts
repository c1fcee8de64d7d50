import { failure } from '@adx/contract-kit';
import { callThrough, notingGuards } from './guarded-shop.ts';

test('the breaker is asked at the call and not at the attempt, before anybody queues', async () => {
  const guards = notingGuards();
  expect(await callThrough(guards)).toEqual({ sale: 'thanks' });
  expect(guards.noted).toEqual([
    'prepared',
    'breaker asked for bank',
    'turn for bank',
    'sent',
    'turn over',
    'breaker told ok',
  ]);
});

test('it hears how the call ended, also when the handler gets a failure', async () => {
  const guards = notingGuards();
  await expect(callThrough(guards, 'failed')).rejects.toThrow('no answer');
  expect(guards.noted.at(-1)).toBe('breaker told failed');
});

test('a call that got no turn says nothing of the other side, and gives its probe back', async () => {
  const guards = notingGuards({ bulkhead: failure('UpstreamBusy', 'full', { retryAfterMs: 1_000 }) });
  await expect(callThrough(guards)).rejects.toMatchObject({ type: 'UpstreamBusy' });
  expect(guards.noted.at(-1)).toBe('breaker told unknown');
});

test('its refusal is benign, has a delay and says at which attempt: it costs none', async () => {
  const guards = notingGuards({ breaker: failure('CircuitBreakerOpen', 'open', { retryAfterMs: 60_000 }) });
  await expect(callThrough(guards)).rejects.toMatchObject({
    type: 'CircuitBreakerOpen',
    category: 'BENIGN',
    nextRetryDelay: 60_000,
    details: [{ attempt: 2, retryAfterMs: 60_000 }],
  });
  expect(guards.noted).toEqual(['prepared', 'breaker asked for bank']);
});
