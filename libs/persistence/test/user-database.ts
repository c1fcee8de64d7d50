import type { FaultInjector } from '@adx/contract-kit';
// A real generated client is what the kernel runs on, and only services have one.
// eslint-disable-next-line @nx/enforce-module-boundaries -- tests only; a second schema here would have to be kept equal
import { PrismaClient } from '../../../apps/user-worker/generated/prisma/client.ts';
// eslint-disable-next-line @nx/enforce-module-boundaries -- as above
import type { Prisma } from '../../../apps/user-worker/generated/prisma/client.ts';
import { connectDatabase } from '../src/connect-database.ts';
import type { Database } from '../src/connect-database.ts';

export { PrismaClient };
export type UserTx = Prisma.TransactionClient;

/** The user service's database, as its worker connects it. */
export function connectUsers(url: string, faults?: FaultInjector): Database<UserTx> {
  return connectDatabase({
    url,
    schema: 'user',
    createClient: (prisma) => new PrismaClient(prisma),
    ...(faults ? { faults } : {}),
  });
}
