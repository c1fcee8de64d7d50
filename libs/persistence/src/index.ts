export { accessRows } from './access-rows.ts';
export type { AccessRows } from './access-rows.ts';
export { connectDatabase } from './connect-database.ts';
export type { Database, PrismaOptions } from './connect-database.ts';
export { MigrationError, migrate } from './migrate.ts';
export { provisionDatabase } from './provision-database.ts';
export type { ServiceRoles } from './provision-database.ts';
export type { RawTransaction, TransactionalClient } from './raw-transaction.ts';
