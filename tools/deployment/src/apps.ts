import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayConfig } from '@adx/gateway';
import { DatabasesConfig, SecretsConfig, makeSecrets } from '@adx/setup';
import { SERVICES_BY_NAME } from '@adx/testing';
import { WorkerConfig } from '@adx/worker-runtime';
import { z } from 'zod';

/** What a deployment has to know of an app. */
export interface DeployedApp {
  /** Its real configuration: what it would refuse at its start is refused here. */
  readonly config: z.ZodObject<z.ZodRawShape>;
  /** The variables that say where it listens, of those that do. */
  readonly listens?: { readonly host: string; readonly port: string };
  readonly usesTemporal: boolean;
}

const worker = (own: z.ZodRawShape): DeployedApp => ({
  config: z.object({ ...WorkerConfig.shape, ...own }),
  listens: { host: 'ADX_ADMIN_HOST', port: 'ADX_ADMIN_PORT' },
  usesTemporal: true,
});

/** By the name of their Deployment, Job or compose service. */
export const APPS: Readonly<Record<string, DeployedApp>> = {
  gateway: {
    config: GatewayConfig as unknown as z.ZodObject<z.ZodRawShape>,
    listens: { host: 'ADX_HTTP_HOST', port: 'ADX_HTTP_PORT' },
    usesTemporal: true,
  },
  ...Object.fromEntries(
    Object.entries(SERVICES_BY_NAME).map(([service, { config }]) => [`${service}-worker`, worker(config)]),
  ),
  databases: { config: DatabasesConfig as unknown as z.ZodObject<z.ZodRawShape>, usesTemporal: false },
  secrets: { config: SecretsConfig as unknown as z.ZodObject<z.ZodRawShape>, usesTemporal: false },
};

/** What `secrets` makes for one app. */
export interface AppSecrets {
  readonly files: readonly string[];
  /** Of `urls.env`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs the job that makes secrets, so that what is mounted is compared with what there is. */
export async function madeSecrets(): Promise<Readonly<Record<string, AppSecrets>>> {
  const folder = await mkdtemp(join(tmpdir(), 'adx-secrets-'));
  try {
    const where = { ADX_SECRETS_FOLDER: folder, ADX_DATABASE_ADDRESS: 'postgres:5432', ADX_SMTP_ADDRESS: 'inbox:1025' };
    await makeSecrets(SecretsConfig.parse(where));
    const apps = await readdir(folder);
    const entries = apps.map(async (app): Promise<[string, AppSecrets]> => {
      const lines = (await readFile(join(folder, app, 'urls.env'), 'utf8')).trim().split('\n');
      const variables = Object.fromEntries(
        lines.map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return [app, { files: await readdir(join(folder, app)), variables }];
    });
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
