export { DatabasesConfig, SecretsConfig } from './config.ts';
export { databasesUrls, gatewayUrls, makeSecrets, workerUrls } from './make-secrets.ts';
export { prepareDatabases } from './prepare-databases.ts';
export { Passwords, SCHEMAS } from './schemas.ts';
export type { SchemaName } from './schemas.ts';
