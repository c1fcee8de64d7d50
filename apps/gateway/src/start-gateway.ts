import type { AddressInfo } from 'node:net';
import { createOperations } from '@adx/operations';
import { connectEncryption } from '@adx/payload-codec';
import { createPrincipalSigner } from '@adx/principal';
import { SERVICES, readsUrlVariable } from '@adx/services';
import { createLogger } from '@adx/telemetry';
import type { Logger } from '@adx/telemetry';
import { ConfigError, readConfig, readJsonFile, runInBackground, withoutEmpty } from '@adx/worker-runtime';
import type { Environment } from '@adx/worker-runtime';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { createApp } from './app.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import { GatewayConfig } from './config.ts';
import { createOwnerReads } from './owner-reads.ts';
import { createQueue } from './queue.ts';
import { createUserImports } from './user-imports.ts';

/** A gateway that listens. */
export interface RunningGateway {
  readonly url: string;
  /** Answers what is under way, polls no more, then closes. */
  close(): Promise<void>;
}

/**
 * Starts the gateway in this process: its door, and the worker of its own queue. Temporal and the owners may come up
 * later: requests then get a 503.
 *
 * @param options.boundsScale for tests and fault demonstrations only
 * @throws ConfigError when the environment is not complete
 */
export async function startGateway(options: {
  readonly env: Environment;
  readonly logger?: Logger;
  readonly boundsScale?: number;
}): Promise<RunningGateway> {
  const config = readConfig(GatewayConfig, options.env);
  const logger = options.logger ?? createLogger({ service: 'gateway', level: config.ADX_LOG_LEVEL });
  const env = withoutEmpty(options.env);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: env,
    disableFile: env['TEMPORAL_CONFIG_FILE'] === undefined,
  });
  const encryption = await connectEncryption(config, { patienceMs: 0 }).catch((error: unknown) => {
    throw error instanceof RangeError ? new ConfigError(error.message) : error;
  });
  const { dataConverter } = encryption;
  const queue = createQueue({ connectionOptions, namespace, dataConverter, buildId: config.ADX_BUILD_ID });
  const connection = Connection.lazy(connectionOptions);
  const client = new Client({ connection, namespace, dataConverter });
  const { boundsScale } = options;
  const operations = createOperations({ client, ...(boundsScale === undefined ? {} : { boundsScale }) });
  const reads = createOwnerReads(
    Object.fromEntries(SERVICES.map((service) => [service, config[readsUrlVariable(service)]])),
  );
  const app = await createApp({
    logger,
    operations,
    reads,
    userImports: createUserImports(reads, config.ADX_READS_URL_USER),
    uploadLimit: config.ADX_UPLOAD_LIMIT_BYTES,
    trustedProxies: config.ADX_TRUSTED_PROXIES,
    reminders: config.ADX_ATTENTION_REMINDERS,
    signer: await createPrincipalSigner({ jwk: await readKey(config.ADX_PRINCIPAL_KEY_FILE) }),
    verifyToken: createTokenVerifier({
      issuer: config.ADX_JWT_ISSUER,
      audience: config.ADX_JWT_AUDIENCE,
      jwksUrl: config.ADX_JWT_JWKS_URL,
    }),
    probes: {
      temporal: () => operations.ready(),
      keys: () => encryption.keys.ready(),
      ...reads.probes,
      'token-keys': async () => {
        const response = await fetch(config.ADX_JWT_JWKS_URL, { signal: AbortSignal.timeout(2_000) });
        if (!response.ok) throw new Error(`the issuer answers ${response.status}`);
      },
    },
  });
  await app.listen({ host: config.ADX_HTTP_HOST, port: config.ADX_HTTP_PORT });
  const { port } = app.server.address() as AddressInfo;
  const stopPolling = runInBackground([queue], logger);
  logger.info({ port }, 'ready');
  return {
    url: `http://${config.ADX_HTTP_HOST}:${port}`,
    async close() {
      await Promise.all([app.close(), stopPolling()]);
      await connection.close();
      await encryption.close();
    },
  };
}

async function readKey(file: string) {
  try {
    return (await readJsonFile(file)) as Parameters<typeof createPrincipalSigner>[0]['jwk'];
  } catch (error) {
    throw new ConfigError(
      `ADX_PRINCIPAL_KEY_FILE: cannot read ${file} as a JSON Web Key (${(error as Error).message})`,
    );
  }
}
