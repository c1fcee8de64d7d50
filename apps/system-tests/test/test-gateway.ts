import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '@adx/gateway';
import { DEV_AUDIENCE, DEV_ISSUER, ensureKey, issueToken, startIssuer } from '@adx/local-parts';
import type { TokenRequest } from '@adx/local-parts';
import { SERVICES, readsUrlVariable } from '@adx/services';
import { createLogger } from '@adx/telemetry';
import type { TestPlatform } from '@adx/testing';

/** The real gateway, in front of a test platform. */
export interface TestGateway {
  /** One request, as a caller with this token; the body of the answer is parsed. */
  ask(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    ask?: { readonly as?: TokenRequest; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** An answer that is no JSON. */
  text(path: string, as: TokenRequest): Promise<string>;
  /** What it logged, one JSON line each. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

const OPERATOR: TokenRequest = { role: 'operator' };

/** Its payload keys are remembered by itself: what was destroyed before it started is unknown to it. */
export async function openGateway(
  platform: TestPlatform,
  env: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'adx-gateway-'));
  const jwk = await ensureKey(join(folder, 'issuer.jwk.json'));
  const issuer = await startIssuer({ jwk });
  const principalKeyFile = join(folder, 'principal.jwk.json');
  await writeFile(principalKeyFile, JSON.stringify(platform.keys.signingKey), { mode: 0o600 });
  const log: string[] = [];
  const worker = platform.workerEnvironment('tenant');
  const gateway = await startGateway({
    env: {
      TEMPORAL_ADDRESS: platform.temporalAddress,
      ADX_KEYS_DATABASE_URL: worker['ADX_KEYS_DATABASE_URL'],
      ADX_ROOT_KEY_FILE: worker['ADX_ROOT_KEY_FILE'],
      ADX_JWT_ISSUER: DEV_ISSUER,
      ADX_JWT_AUDIENCE: DEV_AUDIENCE,
      ADX_JWT_JWKS_URL: issuer.jwksUrl,
      ADX_PRINCIPAL_KEY_FILE: principalKeyFile,
      ...Object.fromEntries(SERVICES.map((service) => [readsUrlVariable(service), platform.adminUrl(service)])),
      ...env,
    },
    logger: createLogger({
      service: 'gateway',
      level: 'trace',
      destination: { write: (line: string) => void log.push(line) },
    }),
    boundsScale: 0.05,
  });
  return {
    log,
    async ask(method, path, { as = OPERATOR, body, headers = {} } = {}) {
      const response = await fetch(`${gateway.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await issueToken(jwk, as)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    async text(path, as) {
      const authorization = `Bearer ${await issueToken(jwk, as)}`;
      return (await fetch(`${gateway.url}${path}`, { headers: { authorization } })).text();
    },
    async close() {
      await gateway.close();
      await issuer.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
