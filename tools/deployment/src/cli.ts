// npm run manifests -- check | render <overlay>
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { OVERLAYS, deploymentFaults, readDeploymentFiles, renderOverlay } from './deployment-files.ts';
import { nameOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const USAGE = `npm run manifests -- check [--kubectl] [--json] | render <overlay>

  check      renders k8s/overlays, and checks them, docker-compose.yml and the Dockerfile: schemas, rules, and what the
             apps' own configuration says of their environment. Exits 1 when something is wrong
    --kubectl  compares with what "kubectl kustomize" renders, too; needs kubectl
  render     prints what an overlay renders to`;

const root = join(import.meta.dirname, '..', '..', '..');

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      kubectl: { type: 'boolean', default: false },
    },
  });
  const [command = '', overlay = ''] = positionals;
  if (values.help) process.stdout.write(`${USAGE}\n`);
  else if (command === 'check') return check(values);
  else if (command === 'render' && (OVERLAYS as readonly string[]).includes(overlay)) {
    const manifests = await renderOverlay(root, overlay);
    process.stdout.write(manifests.map((one) => stringify(one, { version: '1.1' })).join('---\n'));
  } else {
    process.stderr.write(`${USAGE}\n\noverlays: ${OVERLAYS.join(', ')}\n`);
    return 2;
  }
  return 0;
}

async function check({ json, kubectl }: { readonly json: boolean; readonly kubectl: boolean }): Promise<number> {
  const files = await readDeploymentFiles(root);
  const faults = await deploymentFaults(files);
  if (kubectl) {
    for (const [name, ours] of Object.entries(files.overlays))
      faults.push(...differences(name, ours, renderedByKubectl(name)));
  }
  const ok = faults.length === 0;
  const count = Object.values(files.overlays).flat().length;
  if (json) {
    const measures = [
      { name: 'manifests rendered', value: count, unit: 'manifests', target: null, ok: true },
      { name: 'faults', value: faults.length, unit: 'faults', target: 0, ok },
    ];
    process.stdout.write(`${JSON.stringify({ ok, measures, faults }, null, 2)}\n`);
  } else {
    for (const fault of faults) process.stdout.write(`  - ${fault}\n`);
    process.stdout.write(`${count} manifests, a compose file and a Dockerfile: ${faults.length} fault(s)\n`);
  }
  return ok ? 0 : 1;
}

function renderedByKubectl(overlay: string): Manifest[] {
  const run = spawnSync('kubectl', ['kustomize', join(root, 'k8s', 'overlays', overlay)], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`kubectl kustomize: ${run.error?.message ?? run.stderr}`);
  // What it prints is YAML 1.1, in which "on" is true.
  return parseAllDocuments(run.stdout, { version: '1.1' }).map((document) => document.toJS() as Manifest);
}

function differences(overlay: string, ours: readonly Manifest[], theirs: readonly Manifest[]): string[] {
  const names = [...new Set([...ours, ...theirs].map(nameOf))];
  const find = (all: readonly Manifest[], name: string) => all.find((one) => nameOf(one) === name);
  return names
    .filter((name) => !isDeepStrictEqual(find(ours, name), find(theirs, name)))
    .map((name) => `k8s/overlays/${overlay}: ${name} is not what kubectl renders`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  process.stderr.write(`${message}\n`);
  process.exitCode = code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
