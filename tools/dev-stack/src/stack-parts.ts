import { join } from 'node:path';
import { DEV_AUDIENCE, DEV_ISSUER, startPostgres, startProcess, startTemporal } from '@adx/local-parts';
import { SERVICES, readsUrlVariable } from '@adx/services';
import type { ServiceName } from '@adx/services';
import type { Launch } from './part.ts';
import type { StackKeys } from './stack-keys.ts';
import type { StackPorts } from './stack-ports.ts';

/** What the parts of one stack are made of. */
export interface StackPlan {
  /** The repository. */
  readonly root: string;
  /** Data, keys and logs: `.adx`, or a temporary folder. */
  readonly folder: string;
  readonly ports: StackPorts;
  readonly keys: StackKeys;
  readonly temporalBinary: string;
  /** What Node runs instead of `apps/<service>-worker/src/main.ts`. */
  readonly entries: Map<ServiceName, readonly string[]>;
}

/** How each part is started, in the order in which they are. */
export function planParts(
  plan: StackPlan,
): Readonly<Record<'base' | 'workers' | 'doors', Readonly<Record<string, Launch>>>> {
  const { root, folder, ports, keys, entries } = plan;
  const logFile = (name: string) => join(folder, 'logs', `${name}.log`);
  const temporalEnv = { TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`, TEMPORAL_NAMESPACE: 'default' };

  const encryptionEnv = {
    ADX_KEYS_DATABASE_URL: `postgres://keys_app:${keys.passwords.keys.app}@127.0.0.1:${ports.postgres}/adx`,
    ADX_ROOT_KEY_FILE: keys.rootKeyFile,
  };

  const node = (name: string, args: readonly string[], env: Record<string, string>): Launch => {
    return (context) =>
      startProcess({
        ...context,
        name,
        command: process.execPath,
        args: ['--conditions=@adx/source', '--disable-warning=ExperimentalWarning', ...args],
        cwd: root,
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
        logFile: logFile(name),
        untilLine: (line) => (line.includes('"msg":"ready"') ? true : undefined),
        readyWithin: 60_000,
        // A worker lets attempts under way end for 25 s, and stops without them after 40 s.
        stopWithin: 45_000,
      });
  };

  const workers = SERVICES.map((service): [string, Launch] => {
    const name = `${service}-worker` as const;
    const env = {
      ...temporalEnv,
      ...encryptionEnv,
      DATABASE_URL: `postgres://${service}_app:${keys.passwords[service].app}@127.0.0.1:${ports.postgres}/adx`,
      AUDIT_DATABASE_URL: `postgres://${service}_sealer:${keys.passwords[service].sealer}@127.0.0.1:${ports.postgres}/adx`,
      OUTBOX_DATABASE_URL: `postgres://${service}_relay:${keys.passwords[service].relay}@127.0.0.1:${ports.postgres}/adx`,
      RECONCILER_DATABASE_URL: `postgres://${service}_reconciler:${keys.passwords[service].reconciler}@127.0.0.1:${ports.postgres}/adx`,
      ADX_SERVICE_KEY_FILE: keys.serviceKeyFiles[service],
      ADX_AUDIT_KEY_FILE: keys.auditKeyFile,
      ADX_AUDIT_HEAD_FILE: join(folder, 'audit-heads', `${service}.json`),
      ADX_PRINCIPAL_JWKS_FILE: keys.principalJwksFile,
      ADX_ADMIN_PORT: String(ports[name]),
      // Nobody waits for 30 days here.
      ...(service === 'tenant' ? { ADX_OFFBOARDING_GRACE: '10s' } : {}),
      ...(service === 'notification'
        ? {
            SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
            ADX_INVITATION_KEY: `file:${keys.invitationKeyFile}`,
          }
        : {}),
    };
    // Looked up at each start: a demo gives a worker another entry while the stack runs.
    const launch: Launch = (context) =>
      node(name, entries.get(service) ?? [join('apps', name, 'src', 'main.ts')], env)(context);
    return [name, launch];
  });

  return {
    base: {
      postgres: async (context) =>
        (
          await startPostgres({
            ...context,
            dataDir: join(folder, 'postgres'),
            port: ports.postgres,
            logFile: logFile('postgres'),
            takeOver: true,
          })
        ).process,
      temporal: async (context) =>
        (
          await startTemporal({
            ...context,
            binary: plan.temporalBinary,
            port: ports.temporal,
            uiPort: ports.temporalUi,
            uiCodecEndpoint: `http://127.0.0.1:${ports.codec}`,
            dbFile: join(folder, 'temporal', 'temporal.db'),
            logFile: logFile('temporal'),
          })
        ).process,
      'mail-and-tokens': node('mail-and-tokens', [join(import.meta.dirname, 'mail-and-tokens.ts')], {
        INBOX_FILE: join(folder, 'inbox.json'),
        ISSUER_KEY_FILE: join(folder, 'keys', 'issuer.jwk.json'),
        SMTP_PORT: String(ports.smtp),
        INBOX_PORT: String(ports.inbox),
        ISSUER_PORT: String(ports.issuer),
      }),
    },
    workers: Object.fromEntries(workers),
    doors: {
      'codec-server': node('codec-server', [join(import.meta.dirname, 'codec-server.ts')], {
        ...encryptionEnv,
        CODEC_PORT: String(ports.codec),
        UI_ORIGIN: `http://127.0.0.1:${ports.temporalUi}`,
        JWKS_URL: `http://127.0.0.1:${ports.issuer}/jwks.json`,
      }),
      gateway: node('gateway', [join('apps', 'gateway', 'src', 'main.ts')], {
        ...temporalEnv,
        ...encryptionEnv,
        ADX_HTTP_PORT: String(ports.gateway),
        ADX_JWT_ISSUER: DEV_ISSUER,
        ADX_JWT_AUDIENCE: DEV_AUDIENCE,
        ADX_JWT_JWKS_URL: `http://127.0.0.1:${ports.issuer}/jwks.json`,
        ADX_PRINCIPAL_KEY_FILE: keys.principalKeyFile,
        ...Object.fromEntries(
          SERVICES.map((service) => [readsUrlVariable(service), `http://127.0.0.1:${ports[`${service}-worker`]}`]),
        ),
      }),
    },
  };
}
