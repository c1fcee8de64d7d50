import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is the same for every process: constants, and code without a state of its own. */
const SHARED = /^@adx\/(contract-kit|workflow-patterns|[a-z0-9-]+-contract)$/;

/**
 * The packages, of those that a project depends on, that its workflows share. The sandbox evaluates every module anew for
 * each process that it holds, a contract's checks included: 6 of the 21 ms that a standard process took there (profiled
 * over 1,050 of them on two busy cores). What is shared is evaluated once, and frozen. A project's own workflow modules
 * never are: what their authors keep at the top level belongs to one process.
 *
 * @param workflowsPath in the project
 */
export async function sharedModules(workflowsPath: string): Promise<readonly string[]> {
  for (let folder = dirname(workflowsPath); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) {
      const { dependencies = {} } = JSON.parse(text) as { readonly dependencies?: Readonly<Record<string, string>> };
      return Object.keys(dependencies).filter((name) => SHARED.test(name));
    }
    if (folder === dirname(folder)) return [];
  }
}
