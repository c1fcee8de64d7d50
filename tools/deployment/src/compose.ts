import { milliseconds } from '@adx/contract-kit';
import type { Duration } from '@adx/contract-kit';
import { SHUTDOWN_FORCE } from '@adx/worker-runtime';
import { parse } from 'yaml';
import { APPS } from './apps.ts';
import type { AppSecrets } from './apps.ts';
import { environmentFaults } from './environment-faults.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly target?: string };
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
  readonly healthcheck?: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
}

/** A compose file with its anchors resolved; what `x-` holds is in its places by then. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

export function parseCompose(text: string): ComposeFile {
  return parse(text, { merge: true }) as ComposeFile;
}

/** What is wrong with the file besides its schema; see {@link environmentFaults} for the apps' own words. */
export function composeFaults(
  { services, volumes = {} }: ComposeFile,
  secrets: Readonly<Record<string, AppSecrets>>,
): string[] {
  const faults: string[] = [];
  for (const app of Object.keys(APPS)) if (!services[app]) faults.push(`${app}: nothing runs it`);
  for (const [name, service] of Object.entries(services)) {
    const need = (ok: boolean, what: string) => void (ok || faults.push(`${name}: ${what}`));
    const job = service.restart === undefined;
    need(job || service.healthcheck !== undefined, 'healthcheck is missing');
    if (service.image !== undefined)
      need(/:(?!latest$)[\w.-]+$/.test(service.image), `the image ${service.image} has no tag`);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const awaited = services[other];
      need(awaited !== undefined, `depends on ${other}, which is not there`);
      const ends = awaited?.restart === undefined;
      need(
        condition === (ends ? 'service_completed_successfully' : 'service_healthy'),
        `depends on ${other} by the wrong condition: ${condition}`,
      );
    }
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':', 1)[0]!;
      need(source in volumes, `mounts ${source}, and there is no such volume`);
    }
    const app = APPS[name];
    if (!app) continue;
    if (!job) {
      need(service.read_only === true, 'read_only has to be true');
      const grace = milliseconds((service.stop_grace_period ?? '10s') as Duration);
      need(grace > milliseconds(SHUTDOWN_FORCE), `stop_grace_period has to be more than ${SHUTDOWN_FORCE}`);
    }
    faults.push(...environmentFaults(app, placementOf(name, service, services, secrets)));
  }
  return faults;
}

function placementOf(
  name: string,
  { environment = {}, command = [], volumes = [] }: Service,
  services: ComposeFile['services'],
  secrets: Readonly<Record<string, AppSecrets>>,
) {
  const own = secrets[name];
  const mount = volumes.map((volume) => volume.split(':')).find(([source]) => source === volumeOf(name))?.[1];
  const files = mount === undefined ? [] : (own?.files ?? []).map((file) => `${mount}/${file}`);
  const envFile = command.find((argument) => argument.startsWith('--env-file='))?.slice('--env-file='.length);
  const loaded = envFile !== undefined && files.includes(envFile) ? own!.variables : {};
  return { where: name, env: { ...loaded, ...environment }, files, reachable: addressesOf(services) };
}

/** `tenant-worker` has the volume `tenant-secrets`. */
function volumeOf(app: string): string {
  return `${app.replace(/-worker$/, '')}-secrets`;
}

/** What the parts that are not ours listen on. */
const PORTS_OF_OTHERS: Readonly<Record<string, string>> = {
  postgres: '5432',
  temporal: '7233',
  inbox: '1025',
  identity: '8080',
};

function addressesOf(services: ComposeFile['services']): string[] {
  return Object.entries(services).map(([name, { environment = {} }]) => {
    const listens = APPS[name]?.listens;
    return `${name}:${listens ? environment[listens.port] : PORTS_OF_OTHERS[name]}`;
  });
}
