import type { RawTransaction } from './raw-transaction.ts';

/**
 * Takes inputs and outputs away from every recorded operation that was about a person, but for the one that erases.
 *
 * @param erasure.operations of other services that were about the person
 * @returns the operations, by which other services find what they recorded
 */
export async function eraseFromLedger(
  tx: RawTransaction,
  erasure: { readonly subject: string; readonly operationId: string; readonly operations?: readonly string[] },
): Promise<string[]> {
  const { subject, operationId, operations = [] } = erasure;
  const [{ about }] = (await tx.$queryRaw`
    select erase_from_ledger(${subject}::uuid, ${operationId}, ${[...operations]}::text[]) as about`) as [
    { readonly about: string[] },
  ];
  return about;
}
