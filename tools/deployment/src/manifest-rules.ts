import { milliseconds } from '@adx/contract-kit';
import { SHUTDOWN_FORCE } from '@adx/worker-runtime';
import { nameOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { containerOf, matches, podOf } from './workloads.ts';
import type { Container, Probe } from './workloads.ts';

/** What every workload here has to be, besides what the API accepts. */
export function ruleFaults(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => [
    ...plainSecrets(manifest),
    ...(manifest.kind === 'Deployment' ? deploymentFaults(manifest, manifests) : []),
    ...(manifest.kind === 'Deployment' || manifest.kind === 'Job' ? podFaults(manifest) : []),
    ...(manifest.kind === 'Service' ? serviceFaults(manifest, manifests) : []),
  ]);
}

function podFaults(manifest: Manifest): string[] {
  const name = nameOf(manifest);
  const pod = podOf(manifest);
  const container = containerOf(manifest);
  const faults: string[] = [];
  const need = (ok: boolean, what: string) => void (ok || faults.push(`${name}: ${what}`));
  need(pod.spec.securityContext?.runAsNonRoot === true, 'runAsNonRoot has to be true');
  need(typeof pod.spec.securityContext?.runAsUser === 'number', 'runAsUser has to be a number');
  need(
    pod.spec.automountServiceAccountToken === false,
    'automountServiceAccountToken has to be false: no app asks the API',
  );
  const own = container.securityContext;
  need(own?.readOnlyRootFilesystem === true, 'readOnlyRootFilesystem has to be true');
  need(own?.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation has to be false');
  need(own?.capabilities?.drop?.includes('ALL') === true, 'capabilities have to be dropped: [ALL]');
  need(container.resources?.requests?.['memory'] !== undefined, 'resources.requests.memory is missing');
  need(container.resources?.limits?.['memory'] !== undefined, 'resources.limits.memory is missing');
  need(/:(?!latest$)[\w.-]+$/.test(container.image), `the image ${container.image} has no tag, or a moving one`);
  for (const { name: volume } of container.volumeMounts ?? []) {
    need(pod.spec.volumes?.some((one) => one.name === volume) === true, `mounts ${volume}, and has no such volume`);
  }
  return faults;
}

function deploymentFaults(manifest: Manifest, all: readonly Manifest[]): string[] {
  const name = nameOf(manifest);
  const pod = podOf(manifest);
  const container = containerOf(manifest);
  const { labels } = pod.metadata;
  const faults: string[] = [];
  const need = (ok: boolean, what: string) => void (ok || faults.push(`${name}: ${what}`));
  const { selector } = manifest['spec'] as { selector: { matchLabels: Record<string, string> } };
  need(matches(selector.matchLabels, labels), 'its selector does not match its own pods');
  faults.push(...probeFaults(name, 'readinessProbe', container, container.readinessProbe));
  // What is for trials only may be slow to come and slow to be missed.
  if (container.image.startsWith('adx/dev-')) return faults;
  faults.push(...probeFaults(name, 'livenessProbe', container, container.livenessProbe, '/livez'));
  faults.push(...probeFaults(name, 'startupProbe', container, container.startupProbe, '/livez'));
  need(container.readinessProbe?.httpGet?.path === '/readyz', 'readinessProbe has to ask /readyz');
  const grace = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
  need(grace > milliseconds(SHUTDOWN_FORCE), `terminationGracePeriodSeconds has to be more than ${SHUTDOWN_FORCE}`);
  const guards = (kind: string, selectorOf: (spec: never) => { matchLabels?: Record<string, string> } | undefined) =>
    all.some((one) => one.kind === kind && matches(selectorOf(one['spec'] as never)?.matchLabels ?? {}, labels));
  need(
    guards('PodDisruptionBudget', (spec: { selector?: { matchLabels?: Record<string, string> } }) => spec.selector),
    'no PodDisruptionBudget is for its pods',
  );
  need(
    guards('NetworkPolicy', (spec: { podSelector?: { matchLabels?: Record<string, string> } }) => spec.podSelector),
    'no NetworkPolicy is for its pods',
  );
  return faults;
}

function probeFaults(name: string, which: string, container: Container, probe?: Probe, path?: string): string[] {
  if (!probe?.httpGet) return [`${name}: ${which} is missing`];
  const { port } = probe.httpGet;
  const known = container.ports?.some((one) => one.name === port || one.containerPort === port);
  return [
    ...(known ? [] : [`${name}: ${which} asks port ${port}, which the container has not`]),
    ...(path === undefined || probe.httpGet.path === path ? [] : [`${name}: ${which} has to ask ${path}`]),
  ];
}

function serviceFaults(manifest: Manifest, all: readonly Manifest[]): string[] {
  const { selector, ports } = manifest['spec'] as {
    selector: Record<string, string>;
    ports: readonly { port: number; targetPort: string | number }[];
  };
  const target = all.find((one) => one.kind === 'Deployment' && matches(selector, podOf(one).metadata.labels));
  if (!target) return [`${nameOf(manifest)}: no Deployment has its pods`];
  const known = containerOf(target).ports ?? [];
  return ports
    .filter(({ targetPort }) => !known.some((one) => one.name === targetPort || one.containerPort === targetPort))
    .map(({ targetPort }) => `${nameOf(manifest)}: ${nameOf(target)} has no port ${targetPort}`);
}

/** A URL with a password in it, wherever it stands. */
const WITH_PASSWORD = /[a-z]+:\/\/[^/\s:@]+:[^/\s@]+@/;

function plainSecrets(manifest: Manifest): string[] {
  if (manifest.kind === 'Secret')
    return [`${nameOf(manifest)}: secrets are made in the cluster, and not written down here`];
  return WITH_PASSWORD.test(JSON.stringify(manifest)) ? [`${nameOf(manifest)}: has a URL with a password`] : [];
}
