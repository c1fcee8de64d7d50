import { randomUUID } from 'node:crypto';
import {
  implementContract,
  withPrincipal,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { Activities, StepLedger } from '@adx/activity-middleware';
import { defineActivity, defineContract } from '@adx/contract-kit';
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
      access: 'provisioning',
      input: z.strictObject({ email: z.string() }),
      output: z.strictObject({ userId: z.uuid() }),
      bounds: { attempt: '10s', attempts: 3 },
    }),
  },
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
  .use(withTransaction<BenchTx>())
  .handlers({
    insertUser: {
      run: ({ input, tenantId, tx }) => insertUser(tx, tenantId, input.email),
      undo: async ({ output, tx }) => void (await tx.user.deleteMany({ where: { userId: output.userId } })),
    },
  });

/** The whole chain; what it logs is made and thrown away. */
export function bindBench(ledger: StepLedger<BenchTx>, verifier: PrincipalVerifier): Activities {
  const logger = createLogger({ service: 'bench', level: 'info', destination: { write: () => undefined } });
  return implementation.bind({ ledger, verifier, logger });
}
