import { Prisma } from '../../generated/prisma/client.ts';

/** Whether a write failed because another user has the address. The transaction is lost then: throw, do not go on. */
export function isEmailTaken(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
