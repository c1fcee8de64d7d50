import { failure } from '@adx/contract-kit';
import { callThrough, notingGuards } from './guarded-shop.ts';

test('the call of an undo queues like any other', async () => {
  const guards = notingGuards();
  await callThrough(guards, 'ok', 'order.undo');
  expect(guards.noted).toEqual(['breaker asked for bank', 'turn for bank', 'sent', 'turn over', 'breaker told ok']);
});

test('its refusal sends nothing, is benign, has a delay and says at which attempt: it costs none', async () => {
  const guards = notingGuards({ bulkhead: failure('UpstreamBusy', 'full', { retryAfterMs: 1_000 }) });
  await expect(callThrough(guards)).rejects.toMatchObject({
    type: 'UpstreamBusy',
    category: 'BENIGN',
    nextRetryDelay: 1_000,
    details: [{ attempt: 2, retryAfterMs: 1_000 }],
  });
  expect(guards.noted).not.toContain('sent');
});
