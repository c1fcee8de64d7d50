import { APPS } from './apps.ts';
import type { AppSecrets } from './apps.ts';
import { environmentFaults } from './environment-faults.ts';
import { nameOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { containerOf, podOf } from './workloads.ts';

/** What the apps would say of the environment that the manifests give them. */
export function manifestEnvironmentFaults(
  manifests: readonly Manifest[],
  secrets: Readonly<Record<string, AppSecrets>>,
): string[] {
  const reachable = manifests
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ metadata, spec }) =>
      (spec as { ports: readonly { port: number }[] }).ports.map(({ port }) => `${metadata.name}:${port}`),
    );
  const missing = Object.keys(APPS)
    // Secrets are made once, by whoever looks after them.
    .filter((app) => app !== 'secrets' && !workloads(manifests).some(({ metadata }) => metadata.name === app))
    .map((app) => `${app}: nothing runs it`);
  return [
    ...missing,
    ...workloads(manifests).flatMap((manifest) => {
      const app = APPS[manifest.metadata.name];
      if (!app) return [];
      const { faults, env } = variablesOf(manifest, manifests, secrets);
      const files = mountedFiles(manifest, secrets);
      const placement = { where: nameOf(manifest), env, files: files.paths, reachable };
      return [...faults, ...files.faults, ...environmentFaults(app, placement), ...portFaults(manifest, env)];
    }),
  ];
}

function workloads(manifests: readonly Manifest[]): readonly Manifest[] {
  return manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
}

function variablesOf(
  manifest: Manifest,
  all: readonly Manifest[],
  secrets: Readonly<Record<string, AppSecrets>>,
): { readonly faults: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> } {
  const where = nameOf(manifest);
  const faults: string[] = [];
  const env: Record<string, string | undefined> = {};
  const { envFrom = [], env: own = [] } = containerOf(manifest);
  for (const { configMapRef } of envFrom) {
    const found = all.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name);
    if (found) Object.assign(env, found['data']);
    else faults.push(`${where}: there is no ConfigMap ${configMapRef?.name}`);
  }
  for (const { name, value, valueFrom } of own) {
    env[name] = value;
    const reference = valueFrom?.secretKeyRef;
    if (!reference) continue;
    const app = reference.name.replace(/-urls$/, '');
    const has = reference.name.endsWith('-urls') && Object.hasOwn(secrets[app]?.variables ?? {}, reference.key);
    if (!has)
      faults.push(`${where}: ${name} is ${reference.key} of the secret ${reference.name}, which has no such key`);
    if (app !== manifest.metadata.name) faults.push(`${where}: ${name} is a secret of ${app}`);
  }
  return { faults, env };
}

function mountedFiles(
  manifest: Manifest,
  secrets: Readonly<Record<string, AppSecrets>>,
): { readonly faults: readonly string[]; readonly paths: readonly string[] } {
  const where = nameOf(manifest);
  const faults: string[] = [];
  const mounts = containerOf(manifest).volumeMounts ?? [];
  const paths = (podOf(manifest).spec.volumes ?? []).flatMap(({ name, secret }) => {
    const mount = mounts.find((one) => one.name === name);
    if (!secret || !mount) return [];
    const app = secret.secretName.replace(/-keys$/, '');
    if (app !== manifest.metadata.name) faults.push(`${where}: mounts the keys of ${app}`);
    return (secret.items ?? []).map(({ key, path }) => {
      if (!secrets[app]?.files.includes(key)) faults.push(`${where}: the secret ${secret.secretName} has no ${key}`);
      return `${mount.mountPath}/${path}`;
    });
  });
  return { faults, paths };
}

function portFaults(manifest: Manifest, env: Readonly<Record<string, string | undefined>>): string[] {
  const { listens } = APPS[manifest.metadata.name]!;
  const ports = (containerOf(manifest).ports ?? []).map(({ containerPort }) => String(containerPort));
  if (!listens || ports.includes(env[listens.port] ?? '')) return [];
  return [
    `${nameOf(manifest)}: ${listens.port} is ${env[listens.port]}, and its ports are ${ports.join(', ') || 'none'}`,
  ];
}
