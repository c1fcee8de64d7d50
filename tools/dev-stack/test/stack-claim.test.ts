import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyProcess, startProcess } from '@adx/local-parts';
import { claim, claimant } from '../src/stack-claim.ts';

const CLAIM_MODULE = join(import.meta.dirname, '..', 'src', 'stack-claim.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-claim-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that takes the claim and keeps it. */
const claimElsewhere = () =>
  startProcess({
    name: 'claimer',
    command: process.execPath,
    args: [
      ...['--conditions=@adx/source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e'],
      `import { claim } from ${JSON.stringify(CLAIM_MODULE)};
       console.log(claim(${JSON.stringify(folder)}) ? 'mine' : 'refused');
       setInterval(() => undefined, 1000);`,
    ],
    untilLine: (line) => (line === 'mine' || line === 'refused' ? line : undefined),
  });

describe('the claim on a stack', () => {
  test('belongs to one process at a time', async () => {
    const others = await Promise.all([claimElsewhere(), claimElsewhere()]);
    expect(others.map(({ ready }) => ready).sort()).toEqual(['mine', 'refused']);
    const owner = others.find(({ ready }) => ready === 'mine')!;
    expect(claimant(folder)).toEqual(identifyProcess(owner.pid));
    expect(claim(folder)).toBeUndefined();
    await Promise.all(others.map((other) => other.stop()));
  });

  test('ends with its process, even one that got SIGKILL', async () => {
    const other = await claimElsewhere();
    other.kill('SIGKILL');
    await other.exited;
    expect(claimant(folder)).toBeUndefined();
    const release = claim(folder);
    expect(claimant(folder)?.pid).toBe(process.pid);
    release!();
    expect(claimant(folder)).toBeUndefined();
  });

  test('is not held by a stranger that got the same process id later', async () => {
    const stranger = { pid: process.pid, startedAt: 'long ago' };
    await writeFile(join(folder, 'supervisor.json'), JSON.stringify(stranger));
    expect(claimant(folder)).toBeUndefined();
    expect(claim(folder)).toBeDefined();
  });
});
