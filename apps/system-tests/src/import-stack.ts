import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startGateway } from '@adx/gateway';
import { DEV_AUDIENCE, DEV_ISSUER, ensureKey, issueToken, startIssuer } from '@adx/local-parts';
import { SERVICES, readsUrlVariable } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { createLogger } from '@adx/telemetry';
import { startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';

/** A tenant with an owner who may import. */
export interface Tenant {
  readonly tenantId: string;
  readonly ownerId: string;
  readonly token: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

/** The whole platform with its gateway, listening. */
export interface ImportStack {
  readonly platform: TestPlatform;
  readonly url: () => string;
  onboard(): Promise<Tenant>;
  member(tenant: Tenant): Promise<string>;
  call(
    method: 'GET' | 'POST',
    path: string,
    options: { readonly token: string; readonly key?: string; readonly headers?: Record<string, string> },
  ): Promise<HttpAnswer>;
  /** Uploads a file as a client would: chunk by chunk. */
  upload(
    tenant: Pick<Tenant, 'token'>,
    file: { readonly body: string | Iterable<string>; readonly type?: string; readonly key?: string },
  ): Promise<HttpAnswer>;
  /** A worker that came back has another port; one in a process of its own says which. */
  restartGateway(userUrl?: string): Promise<void>;
  stop(): Promise<void>;
}

/** One factor for all bounds: a killed worker is noticed after 1.5 s instead of 30. */
const BOUNDS_SCALE = 0.05;

export async function startImportStack(
  options: { readonly env?: Readonly<Record<string, string>>; readonly uploadLimit?: number } = {},
): Promise<ImportStack> {
  await using started = new AsyncDisposableStack();
  const platform = await startTestPlatform(options.env ? { env: options.env } : {});
  started.defer(() => platform.stop());
  const folder = await mkdtemp(join(tmpdir(), 'adx-issuer-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const jwk = await ensureKey(join(folder, 'issuer.jwk.json'));
  const issuer = await startIssuer({ jwk });
  started.defer(() => issuer.stop());
  const start = (userUrl = platform.adminUrl('user')) => {
    // The worker of users may be somebody else's process, of which the platform knows nothing.
    const urlOf = (service: ServiceName) => (service === 'user' ? userUrl : platform.adminUrl(service));
    return startGateway({
      env: {
        TEMPORAL_ADDRESS: platform.temporalAddress,
        ADX_KEYS_DATABASE_URL: platform.database.keysUrl,
        ADX_ROOT_KEY_FILE: platform.keys.rootKeyFile,
        ADX_JWT_ISSUER: DEV_ISSUER,
        ADX_JWT_AUDIENCE: DEV_AUDIENCE,
        ADX_JWT_JWKS_URL: issuer.jwksUrl,
        ADX_PRINCIPAL_KEY_FILE: platform.keys.principalKeyFile,
        ...Object.fromEntries(SERVICES.map((service) => [readsUrlVariable(service), urlOf(service)])),
        ...(options.uploadLimit === undefined ? {} : { ADX_UPLOAD_LIMIT_BYTES: String(options.uploadLimit) }),
      },
      logger: createLogger({ service: 'gateway', level: 'silent' }),
      boundsScale: BOUNDS_SCALE,
    });
  };
  let gateway = await start();
  started.defer(() => gateway.close());

  const send = (method: string, path: string, headers: Record<string, string>, body?: Readable): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, gateway.url), { method, headers, agent: false }, (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (part: string) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, json: <T>() => JSON.parse(text) as T }),
        );
        response.on('error', reject);
      });
      // An answer may come before all is sent; then the rest is nobody's.
      sent.on('error', reject);
      if (body) body.on('error', (error) => sent.destroy(error)).pipe(sent);
      else sent.end();
    });

  const parts = started.move();
  return {
    platform,
    url: () => gateway.url,
    async onboard() {
      const { operationId, tenantId } = await startOnboarding(platform);
      if (!(await platform.operations.ended(operationId, 60_000))) throw new Error('the onboarding did not end');
      const view = await platform.operations.get(operationId);
      const { ownerId } = view?.result as { ownerId: string };
      return { tenantId, ownerId, token: await issueToken(jwk, { role: 'owner', tenant: tenantId, sub: ownerId }) };
    },
    member: ({ tenantId }) => issueToken(jwk, { role: 'member', tenant: tenantId, sub: 'a member' }),
    call: (method, path, { token, key = crypto.randomUUID(), headers = {} }) =>
      send(method, path, {
        authorization: `Bearer ${token}`,
        ...(method === 'POST' ? { 'idempotency-key': key } : {}),
        ...headers,
      }),
    upload: ({ token }, { body, type = 'application/x-ndjson', key = crypto.randomUUID() }) =>
      send(
        'POST',
        '/v1/user-imports',
        { authorization: `Bearer ${token}`, 'content-type': type, 'idempotency-key': key },
        Readable.from(typeof body === 'string' ? [body] : body),
      ),
    async restartGateway(userUrl) {
      await gateway.close();
      gateway = await start(userUrl);
    },
    stop: () => parts.disposeAsync(),
  };
}

/** Waits until an import has ended, within a bound. */
export async function importEnded(stack: ImportStack, operationId: string, withinMs = 120_000): Promise<void> {
  if (!(await stack.platform.operations.ended(operationId, withinMs))) throw new Error('the import did not end');
}
