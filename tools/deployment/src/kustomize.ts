import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { applyPatch } from './json-patch.ts';
import type { PatchOperation } from './json-patch.ts';
import { nameOf } from './manifest.ts';
import type { Manifest, Yaml } from './manifest.ts';

/** The part of kustomize that `k8s/` uses, and no more: anything else is refused, so that both give the same. */
interface Kustomization {
  readonly resources?: readonly string[];
  readonly namespace?: string;
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string }[];
  readonly patches?: readonly {
    readonly target: { readonly kind: string; readonly name?: string };
    readonly patch: string;
  }[];
}

const KNOWN = {
  kustomization: ['apiVersion', 'kind', 'resources', 'namespace', 'labels', 'images', 'patches'],
  label: ['pairs'],
  image: ['name', 'newName', 'newTag'],
  patch: ['target', 'patch'],
  target: ['kind', 'name'],
};

/**
 * Renders a folder with a `kustomization.yaml`, as `kubectl kustomize` does, in the order of its resources.
 *
 * @throws Error naming the file and the feature that is not supported here, or the resource that is not there
 */
export async function renderKustomization(folder: string): Promise<Manifest[]> {
  const file = join(folder, 'kustomization.yaml');
  if (!existsSync(file)) throw new Error(`${folder} has no kustomization.yaml`);
  const found = parse(await readFile(file, 'utf8')) as Kustomization;
  const here = relative(process.cwd(), file);
  refuseUnknown(here, 'kustomization', found);
  const manifests: Manifest[] = [];
  for (const resource of found.resources ?? []) {
    const path = join(folder, resource);
    if (!existsSync(path)) throw new Error(`${here}: there is no ${resource}`);
    const folders = (await stat(path)).isDirectory();
    manifests.push(...(folders ? await renderKustomization(path) : await readManifests(path)));
  }
  refuseTwins(here, manifests);
  return manifests.map((manifest) => transform(here, found, manifest));
}

/** In the order of kustomize: patches first, then what holds for all. */
function transform(here: string, kustomization: Kustomization, manifest: Manifest): Manifest {
  const { namespace, labels = [], images = [], patches = [] } = kustomization;
  let changed = manifest as unknown as Yaml;
  for (const patch of patches) {
    refuseUnknown(here, 'patch', patch);
    refuseUnknown(here, 'target', patch.target);
    const { kind, name } = patch.target;
    if (kind !== manifest.kind || (name !== undefined && name !== manifest.metadata.name)) continue;
    const operations = parse(patch.patch) as readonly PatchOperation[];
    if (!Array.isArray(operations)) throw new Error(`${here}: only JSON patches (RFC 6902) are supported here`);
    try {
      changed = applyPatch(changed, operations);
    } catch (error) {
      throw new Error(`${here}: patch of ${nameOf(manifest)}: ${(error as Error).message}`);
    }
  }
  for (const image of images) {
    refuseUnknown(here, 'image', image);
    changed = renameImage(changed, image);
  }
  const result = changed as unknown as Manifest;
  const pairs = labels.map((label) => {
    refuseUnknown(here, 'label', label);
    return label.pairs;
  });
  const all = Object.assign({}, result.metadata.labels, ...pairs) as Record<string, string>;
  const metadata = {
    ...result.metadata,
    ...(Object.keys(all).length > 0 ? { labels: all } : {}),
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { ...result, metadata };
}

function renameImage(value: Yaml, image: NonNullable<Kustomization['images']>[number]): Yaml {
  if (Array.isArray(value)) return value.map((one: Yaml) => renameImage(one, image));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key !== 'image' || typeof one !== 'string') return [key, renameImage(one, image)];
      const [, name, tag = ''] = /^(.+?)(:[^:/]+)?$/.exec(one)!;
      if (name !== image.name) return [key, one];
      return [key, `${image.newName ?? name}${image.newTag === undefined ? tag : `:${image.newTag}`}`];
    }),
  );
}

async function readManifests(file: string): Promise<Manifest[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
    return document.toJS() as Manifest;
  });
}

function refuseUnknown(here: string, what: keyof typeof KNOWN, value: object): void {
  const unknown = Object.keys(value).filter((key) => !KNOWN[what].includes(key));
  if (unknown.length > 0) {
    throw new Error(
      `${here}: ${unknown.join(', ')} of ${what} is not supported here; render it with kubectl, or do without`,
    );
  }
}

function refuseTwins(here: string, manifests: readonly Manifest[]): void {
  const names = manifests.map(nameOf);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) throw new Error(`${here}: ${twin} is there twice`);
}
