import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderKustomization } from '../src/kustomize.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-kustomize-'));
  await mkdir(join(folder, 'base'));
  await writeFile(join(folder, 'base', 'kustomization.yaml'), 'resources: [app.yaml]\n');
  await writeFile(
    join(folder, 'base', 'app.yaml'),
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: hall }\nspec: { replicas: 2, containers: [{ image: hall:1 }] }\n' +
      '---\napiVersion: v1\nkind: Service\nmetadata: { name: hall, labels: { own: kept } }\nspec: {}\n',
  );
});
afterEach(() => rm(folder, { recursive: true }));

async function render(text: string) {
  await writeFile(join(folder, 'kustomization.yaml'), `resources: [base]\n${text}`);
  return renderKustomization(folder);
}

test('gives every resource the namespace and the labels, and keeps what it had', async () => {
  const [deployment, service] = await render('namespace: dev\nlabels: [{ pairs: { part-of: adx } }]\n');
  expect(deployment!.metadata).toEqual({ name: 'hall', namespace: 'dev', labels: { 'part-of': 'adx' } });
  expect(service!.metadata.labels).toEqual({ own: 'kept', 'part-of': 'adx' });
});

test('renames images, and no others', async () => {
  const image = async (text: string) => (await render(`images: [${text}]\n`))[0]!['spec'];
  expect(await image('{ name: hall, newName: there/hall, newTag: v2 }')).toMatchObject({
    containers: [{ image: 'there/hall:v2' }],
  });
  expect(await image('{ name: hall, newName: there/hall }')).toMatchObject({ containers: [{ image: 'there/hall:1' }] });
  expect(await image('{ name: hal, newTag: v2 }')).toMatchObject({ containers: [{ image: 'hall:1' }] });
});

test('patches what the target names', async () => {
  const patch = (target: string, operation: string) =>
    render(`patches: [{ target: ${target}, patch: '[${operation}]' }]\n`);
  const scale = '{ op: replace, path: /spec/replicas, value: 1 }';
  expect((await patch('{ kind: Deployment }', scale))[0]!['spec']).toMatchObject({ replicas: 1 });
  expect((await patch('{ kind: Deployment, name: foyer }', scale))[0]!['spec']).toMatchObject({ replicas: 2 });
  await expect(patch('{ kind: Deployment }', '{ op: replace, path: /spec/copies, value: 1 }')).rejects.toThrow(
    'patch of Deployment/hall: replace /spec/copies: there is no such place',
  );
  await expect(patch('{ kind: Deployment }', '{ op: move, path: /spec, from: /x }')).rejects.toThrow(
    '"move" is not supported here',
  );
});

test.each([
  ['configMapGenerator: [{ name: x }]', 'configMapGenerator of kustomization is not supported here'],
  ['labels: [{ pairs: { a: b }, includeSelectors: true }]', 'includeSelectors of label is not supported here'],
  ['images: [{ name: hall, digest: sha256:0 }]', 'digest of image is not supported here'],
  ['patches: [{ path: patch.yaml, target: { kind: Deployment }, patch: "[]" }]', 'path of patch is not supported here'],
  [
    'patches: [{ target: { kind: Deployment, labelSelector: a }, patch: "[]" }]',
    'labelSelector of target is not supported here',
  ],
  ['patches: [{ target: { kind: Deployment }, patch: "spec: { replicas: 1 }" }]', 'only JSON patches'],
])('refuses %s rather than render something else than kustomize', async (text, refusal) => {
  await expect(render(text)).rejects.toThrow(refusal);
});

test('names a resource that is not there, and one that is there twice', async () => {
  await writeFile(join(folder, 'kustomization.yaml'), 'resources: [base, more.yaml]\n');
  await expect(renderKustomization(folder)).rejects.toThrow('there is no more.yaml');
  await writeFile(join(folder, 'kustomization.yaml'), 'resources: [base, base]\n');
  await expect(renderKustomization(folder)).rejects.toThrow('Deployment/hall is there twice');
});
