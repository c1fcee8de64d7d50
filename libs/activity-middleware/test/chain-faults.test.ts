import {
  implementContract,
  withBreaker,
  withBulkhead,
  withHeartbeat,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import { defineActivity, defineContract } from '@adx/contract-kit';
import { z } from 'zod';
import { usualHandlers } from './shop.ts';
import { shopContract } from './shop.contract.ts';

/** A chain as a cast or plain JavaScript may build it. */
function chainOf(contract: object, ...links: unknown[]) {
  type Loose = { use(link: unknown): Loose; handlers(handlers: object): unknown };
  return [...links, withTransaction()].reduce<Loose>(
    (chain, link) => chain.use(link),
    implementContract(contract as typeof shopContract) as unknown as Loose,
  );
}

test('the standard chain has no fault, and a middleware without a place may stand anywhere', () => {
  const own = (_context: unknown, next: () => unknown) => next();
  const standard = [withTelemetry(), own, withValidation(), withPrincipal(), withRateLimit(), withBreaker()];
  const chain = chainOf(shopContract, own, ...standard, withBulkhead(), withHeartbeat(), own);
  expect(() => chain.handlers(usualHandlers)).not.toThrow();
});

test('what is out of order, missing and there twice is named at once, with the gaps of the handlers', () => {
  const chain = chainOf(
    shopContract,
    withRateLimit(),
    withValidation(),
    withBulkhead(),
    withHeartbeat(),
    withHeartbeat(),
    withTelemetry(),
  );
  const { look: _look, ...others } = usualHandlers;
  const define = () => chain.handlers(others);
  expect(define).toThrow(TypeError);
  for (const fault of [
    'the chain has rate limit without principal; add it before',
    'the chain has validation after rate limit; the order is telemetry, validation, principal',
    'the chain has bulkhead without breaker; add it before',
    'the chain has heartbeat twice; remove one',
    'the chain has telemetry after rate limit',
    'look: has no handler',
  ]) {
    expect(define).toThrow(fault);
  }
});

test('a contract with a heartbeat needs a chain that sends it', () => {
  const Nothing = z.strictObject({});
  const scan = defineActivity({
    kind: 'retriable',
    roles: ['owner'],
    input: Nothing,
    output: Nothing,
    bounds: { attempt: '1h', attempts: 3, heartbeat: '30s' },
  });
  const contract = defineContract({ service: 'shop', taskQueue: 'shop', activities: { scan } });
  const handlers = { scan: { run: async () => ({}) } };
  const silent = chainOf(contract, withValidation(), withPrincipal());
  expect(() => silent.handlers(handlers)).toThrow('scan: its contract has a heartbeat and the chain sends none');
  const telling = chainOf(contract, withValidation(), withPrincipal(), withHeartbeat());
  expect(() => telling.handlers(handlers)).not.toThrow();
});
