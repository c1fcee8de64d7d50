/** The one thing the kernel asks of a Prisma transaction: SQL with bound parameters. */
export interface RawTransaction {
  $queryRaw(query: TemplateStringsArray, ...values: unknown[]): Promise<unknown>;
}

/** The generated client, as far as the kernel uses it. */
export interface TransactionalClient<Tx> {
  $transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R>;
  $disconnect(): Promise<void>;
}
