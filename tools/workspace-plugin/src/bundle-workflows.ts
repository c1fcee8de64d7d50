// Writes <project>/dist/workflows.js, which a worker runs, and the list of modules in it, which a test checks.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleWorkflows } from '@adx/workflow-bundle';

const [project] = process.argv.slice(2);
if (project === undefined || project === '--help') {
  process.stderr.write('usage: node tools/workspace-plugin/src/bundle-workflows.ts <project folder>\n');
  process.exit(project === undefined ? 2 : 0);
}
const root = resolve(project);
const { code, modules } = await bundleWorkflows({ workflowsPath: join(root, 'src/workflows/index.ts') });
await mkdir(join(root, 'dist'), { recursive: true });
await writeFile(join(root, 'dist/workflows.js'), code);
await writeFile(join(root, 'dist/workflows.modules.json'), `${JSON.stringify(modules, null, 1)}\n`);
process.stdout.write(`${project}: ${modules.length} modules, ${(code.length / 1e6).toFixed(1)} MB\n`);
