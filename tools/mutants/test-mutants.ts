// Shows that the tests catch the mistakes they are there for: each mutant is applied to a copy of the tree and its test
// file must go red, after the unchanged copy was green.
//   npm run test:mutants [-- --only <name>] [--json]
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.ts';
import type { Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const say = (line: string) => void process.stderr.write(`${line}\n`);

interface Caught extends Mutant {
  readonly caughtBy: readonly string[];
  readonly seconds: number;
}

if (values.help) {
  process.stdout.write('npm run test:mutants [-- --only <name>] [--json]\n\n');
  for (const { name, mistake } of MUTANTS) process.stdout.write(`  ${name}\n      ${mistake}\n`);
  process.exit(0);
}
const chosen = MUTANTS.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  say(`"${values.only}" is none of ${MUTANTS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

// Beside the packages, so that they can be linked instead of copied; its name is in .gitignore.
await mkdir(join(root, '.cache'), { recursive: true });
const copy = await mkdtemp(join(root, '.cache', 'mutants-'));
const removeCopy = () => rm(copy, { recursive: true, force: true });
let running: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Not `once`: the second one, from a terminal and passed on by npm, would end us before the copy is gone.
  process.on(signal, () => {
    running?.kill(signal);
    running?.once('close', () => void removeCopy().finally(() => process.exit(130)));
  });
}

try {
  say(`copying the tree to ${copy} ...`);
  await copyTree();
  const tests = [...new Set(chosen.map(({ test }) => test))];
  say(`unchanged: ${tests.join(', ')} ...`);
  const unchanged = await runTests(tests, chosen.map(({ proof }) => proof).join('|'));
  if (unchanged.failed.length > 0 || unchanged.passed === 0) {
    throw new Error(`the unchanged tree is not green: ${unchanged.failed.join('; ') || 'no test ran'}`);
  }
  const results: Caught[] = [];
  for (const mutant of chosen) results.push(await tryMutant(mutant));
  report(results);
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
} finally {
  await removeCopy();
}

async function tryMutant(mutant: Mutant): Promise<Caught> {
  const { name, test, proof } = mutant;
  say(`${name} ...`);
  const patch = join(import.meta.dirname, 'patches', `${name}.patch`);
  const files = await patchedFiles(patch);
  const before = await Promise.all(files.map((file) => readFile(join(copy, file), 'utf8')));
  await run('git', ['apply', patch]);
  const began = Date.now();
  const { failed } = await runTests([test], proof);
  await run('git', ['apply', '--reverse', patch]);
  const after = await Promise.all(files.map((file) => readFile(join(copy, file), 'utf8')));
  if (after.some((text, index) => text !== before[index])) throw new Error(`${name}: could not be taken back`);
  return { ...mutant, caughtBy: failed, seconds: Math.round((Date.now() - began) / 1_000) };
}

async function patchedFiles(patch: string): Promise<string[]> {
  const text = await readFile(patch, 'utf8');
  return [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file!);
}

function report(results: readonly Caught[]): void {
  const ok = results.every(({ caughtBy }) => caughtBy.length > 0);
  if (values.json) {
    const measures = results.map(({ name, caughtBy }) => ({
      name: `tests that catch ${name}`,
      value: caughtBy.length,
      unit: 'tests',
      target: '>= 1',
      ok: caughtBy.length > 0,
    }));
    process.stdout.write(`${JSON.stringify({ ok, measures, mutants: results }, null, 2)}\n`);
  } else {
    for (const { name, caughtBy, seconds } of results) {
      const verdict = caughtBy.length > 0 ? `caught by ${caughtBy.length}` : 'SURVIVED';
      process.stdout.write(`${name.padEnd(34)} ${verdict.padEnd(14)} ${seconds} s   ${caughtBy[0] ?? ''}\n`);
    }
    const caught = results.filter(({ caughtBy }) => caughtBy.length > 0).length;
    process.stdout.write(`${caught} passed, ${results.length - caught} failed\n`);
  }
  process.exitCode = ok ? 0 : 1;
}

/** The names of the tests that failed. A file that could not even be loaded proves nothing and ends the run. */
async function runTests(
  files: readonly string[],
  names: string,
): Promise<{ readonly passed: number; readonly failed: readonly string[] }> {
  const output = join(copy, '.cache', 'result.json');
  await rm(output, { force: true });
  const bootstrap = join(copy, 'tools/dev-stack/bootstrap.mjs');
  const options = ['--json', `--outputFile=${output}`, '--silent', `--testNamePattern=${names}`];
  await run(process.execPath, [bootstrap, 'test', ...options, ...files], { anyCode: true });
  const result = JSON.parse(await readFile(output, 'utf8').catch(() => '{}')) as JestResult;
  if (result.numRuntimeErrorTestSuites !== 0) {
    const why = result.testResults?.map(({ message }) => message).filter(Boolean);
    throw new Error(`${files.join(', ')} could not be run:\n${why?.join('\n') ?? 'jest left no result'}`);
  }
  return {
    passed: result.numPassedTests,
    failed: result.testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => fullName),
  };
}

interface JestResult {
  readonly numRuntimeErrorTestSuites: number;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function copyTree(): Promise<void> {
  const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of listed.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    // A file that was removed and not yet committed is listed, too.
    await cp(join(root, file), join(copy, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  // Hard links: the links of the workspace's own packages in it are relative, and so lead into the copy.
  await run('cp', ['-al', join(root, 'node_modules'), join(copy, 'node_modules')], { cwd: root });
}

function run(file: string, args: readonly string[], { cwd = copy, anyCode = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    // The copy lies in a repository and is none: `git apply` must not look for one above it.
    const env = { ...process.env, ...(cwd === copy ? { GIT_CEILING_DIRECTORIES: dirname(copy) } : {}) };
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || anyCode) resolve(Buffer.concat(out).toString());
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}:\n${Buffer.concat(err).toString()}`));
    });
  });
}
