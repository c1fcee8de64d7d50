import type { FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

const PRINTABLE = /^[\x21-\x7e]{8,255}$/;

/** The key that makes a request safe to repeat. @throws HttpProblem 400 when it is missing or not usable */
export function idempotencyKey({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key'];
  if (key === undefined) {
    throw new HttpProblem(400, 'IdempotencyKeyMissing', 'send an Idempotency-Key header, for example a UUID');
  }
  if (typeof key === 'string' && PRINTABLE.test(key)) return key;
  throw new HttpProblem(400, 'IdempotencyKeyInvalid', 'an Idempotency-Key has 8 to 255 printable ASCII characters');
}
