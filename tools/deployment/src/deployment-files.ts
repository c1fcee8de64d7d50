import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { madeSecrets } from './apps.ts';
import { composeFaults, parseCompose } from './compose.ts';
import type { ComposeFile } from './compose.ts';
import { parseTargets, targetFaults } from './dockerfile.ts';
import type { Target } from './dockerfile.ts';
import { renderKustomization } from './kustomize.ts';
import type { Manifest } from './manifest.ts';
import { manifestEnvironmentFaults } from './manifest-environment.ts';
import { ruleFaults } from './manifest-rules.ts';
import { composeSchemaFaults, manifestFaults } from './schema-faults.ts';
import { containerOf } from './workloads.ts';

/** The overlays that are rendered and checked. */
export const OVERLAYS = ['dev'] as const;

/** Everything by which the platform is deployed, read and rendered. */
export interface DeploymentFiles {
  readonly overlays: Readonly<Record<string, readonly Manifest[]>>;
  readonly compose: ComposeFile;
  readonly targets: readonly Target[];
}

export async function readDeploymentFiles(root: string): Promise<DeploymentFiles> {
  const overlays = OVERLAYS.map(async (name) => [name, await renderOverlay(root, name)] as const);
  return {
    overlays: Object.fromEntries(await Promise.all(overlays)),
    compose: parseCompose(await readFile(join(root, 'docker-compose.yml'), 'utf8')),
    targets: parseTargets(await readFile(join(root, 'Dockerfile'), 'utf8')),
  };
}

export function renderOverlay(root: string, overlay: string): Promise<Manifest[]> {
  return renderKustomization(join(root, 'k8s', 'overlays', overlay));
}

/** Everything that is wrong with them. Empty: they are what the apps, the schemas and the rules want. */
export async function deploymentFaults({ overlays, compose, targets }: DeploymentFiles): Promise<string[]> {
  const secrets = await madeSecrets();
  const images = Object.values(overlays)
    .flat()
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((manifest) => /^adx\/([^:]+)/.exec(containerOf(manifest).image)?.[1] ?? '');
  const built = Object.values(compose.services).flatMap(({ build }) => build?.target ?? []);
  return [
    ...Object.entries(overlays).flatMap(([overlay, manifests]) =>
      [
        ...manifests.flatMap(manifestFaults),
        ...ruleFaults(manifests),
        ...manifestEnvironmentFaults(manifests, secrets),
      ].map((fault) => `k8s/overlays/${overlay}: ${fault}`),
    ),
    ...composeSchemaFaults(compose),
    ...composeFaults(compose, secrets).map((fault) => `docker-compose.yml: ${fault}`),
    ...targetFaults(targets, [...new Set([...images, ...built])]),
  ];
}
