import type { FaultInjector } from '@adx/contract-kit';
import { connectDatabase } from '@adx/persistence';
import { PrismaClient } from '../../generated/prisma/client.ts';
import type { Prisma } from '../../generated/prisma/client.ts';

/** A tenant transaction on the tables of this service. */
export type UserTx = Prisma.TransactionClient;

/** Connects the database of this service. */
export function connectUserDatabase(options: { readonly url: string; readonly faults?: FaultInjector }) {
  return connectDatabase({ ...options, schema: 'user', createClient: (prisma) => new PrismaClient(prisma) });
}
