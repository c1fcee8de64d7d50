import { randomUUID } from 'node:crypto';
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
import type { Activities, RateLimiter, StepLedger } from '@adx/activity-middleware';
import { defineActivity, defineContract, defineEvent } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import { createLogger } from '@adx/telemetry';
import { z } from 'zod';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a benchmark: the real generated client, and only services have one
import type { Prisma } from '../../../user-worker/generated/prisma/client.ts';

export type BenchTx = Prisma.TransactionClient;

const contract = defineContract({
  service: 'user',
  taskQueue: 'user',
  activities: {
    insertUser: defineActivity({
      kind: 'compensatable',
      roles: ['owner'],
      input: z.strictObject({ email: z.string() }),
      output: z.strictObject({ userId: z.uuid() }),
      bounds: { attempt: '10s', attempts: 3 },
    }),
  },
  // One receiver, so that an activity leaves one row.
  events: { userInserted: defineEvent({ to: ['tenant'], payload: z.strictObject({ userId: z.uuid() }) }) },
});

/** The effect that is measured with and without what surrounds it: one insert. */
export async function insertUser(tx: BenchTx, tenantId: string, email: string): Promise<{ userId: string }> {
  const userId = randomUUID();
  await tx.user.create({ data: { tenantId, userId, email, role: 'member' } });
  return { userId };
}

const implementation = implementContract(contract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withBreaker())
  .use(withBulkhead())
  .use(withHeartbeat())
  .use(withTransaction<BenchTx>())
  .handlers({
    insertUser: {
      run: async ({ input, tenantId, tx, outbox }) => {
        const inserted = await insertUser(tx, tenantId, input.email);
        outbox.emit(contract.events.userInserted, inserted, { aggregate: `user/${inserted.userId}` });
        return inserted;
      },
      undo: async ({ output, tx }) => void (await tx.user.deleteMany({ where: { userId: output.userId } })),
    },
  });

/** Nothing is called, so that both only pass. */
const never = () => Promise.reject(new Error('the benchmark calls no other system'));

/** The whole chain; what it logs is made and thrown away. */
export function bindBench(parts: {
  readonly ledger: StepLedger<BenchTx>;
  readonly limiter: RateLimiter;
  readonly verifier: PrincipalVerifier;
}): Activities {
  const logger = createLogger({ service: 'bench', level: 'info', destination: { write: () => undefined } });
  return implementation.bind({ ...parts, logger, breaker: { admit: never }, bulkhead: { run: never } });
}
