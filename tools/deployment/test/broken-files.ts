import { join } from 'node:path';
import { readDeploymentFiles } from '../src/deployment-files.ts';
import type { DeploymentFiles } from '../src/deployment-files.ts';
import type { Target } from '../src/dockerfile.ts';
import { applyPatch } from '../src/json-patch.ts';
import { nameOf } from '../src/manifest.ts';
import type { Manifest, Yaml } from '../src/manifest.ts';

/** The files of this tree. */
export const files = await readDeploymentFiles(join(import.meta.dirname, '..', '..', '..'));

/** A copy that is broken in one place: in a manifest of the overlay, in a service of compose or in a target. */
export type Broken = () => DeploymentFiles;

const patched = <T>(value: T, op: 'add' | 'replace' | 'remove', path: string, to: Yaml): T =>
  applyPatch(value as Yaml, [{ op, path, value: to }]) as T;

export function inManifest(name: string, op: 'add' | 'replace' | 'remove', path: string, to: Yaml = null): Broken {
  return () => {
    const manifests = files.overlays['dev']!;
    if (!manifests.some((one) => nameOf(one) === name)) throw new Error(`there is no ${name} to break`);
    const dev = manifests.map((one) => (nameOf(one) === name ? patched<Manifest>(one, op, path, to) : one));
    return { ...files, overlays: { dev } };
  };
}

export function without(name: string): Broken {
  return () => {
    const dev = files.overlays['dev']!.filter((one) => nameOf(one) !== name);
    if (dev.length === files.overlays['dev']!.length) throw new Error(`there is no ${name} to leave out`);
    return { ...files, overlays: { dev } };
  };
}

export function inCompose(op: 'add' | 'replace' | 'remove', path: string, to: Yaml = null): Broken {
  return () => ({ ...files, compose: patched(files.compose, op, `/services/${path}`, to) });
}

export function inTarget(name: string, change: Partial<Target>): Broken {
  return () => ({ ...files, targets: files.targets.map((one) => (one.name === name ? { ...one, ...change } : one)) });
}

/** What is broken, how, and what has to be said of it. */
export type Case = readonly [what: string, broken: Broken, fault: string];

/** A worker and where its parts are. */
export const USER = 'Deployment/user-worker';
export const POD = '/spec/template/spec';
export const CONTAINER = `${POD}/containers/0`;
