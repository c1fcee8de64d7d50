import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeHandlerLists } from '../src/handler-lists.mjs';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'adx-lists-'));
  await put('src/activities/index.ts', 'export const activities = 1;\n');
  await put('src/activities/pay.activity.ts', 'export const pay = 1;\n');
  await put('src/activities/refuse-late.ts', 'export const refuseLate = 1;\n');
});
afterEach(() => rm(root, { recursive: true }));

async function put(file: string, text: string): Promise<void> {
  const path = join(root, 'apps/billing-worker', file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const list = (kind: string) => join(root, 'apps/billing-worker/generated', `${kind}.ts`);

/** Loaded as Node loads it; a query, as a module is loaded once only. */
async function namesIn(kind: string): Promise<string[]> {
  const url = pathToFileURL(list(kind));
  url.search = String(performance.now());
  return Object.keys((await import(url.href)) as object);
}

test('lists what the handler files export, those in folders too, and no other file', async () => {
  await put('src/activities/refunds/refund.activity.ts', 'export const refund = 1;\nexport const refundAll = 1;\n');
  await put('src/reads/get-bill.read.ts', 'export const getBill = 1;\n');
  await writeHandlerLists(root);
  expect(await namesIn('activities')).toEqual(['pay', 'refund', 'refundAll']);
  expect(await namesIn('reads')).toEqual(['getBill']);
  // Neither a list of what the service does not have, nor a draft.
  expect(await readdir(dirname(list('reads')))).toEqual(['activities.ts', 'reads.ts']);
});

test('forgets a handler whose file is gone, and a list whose folder is', async () => {
  await put('src/activities/refund.activity.ts', 'export const refund = 1;\n');
  await put('src/reads/get-bill.read.ts', 'export const getBill = 1;\n');
  await writeHandlerLists(root);
  await rm(join(root, 'apps/billing-worker/src/activities/refund.activity.ts'));
  await rm(join(root, 'apps/billing-worker/src/reads'), { recursive: true });
  await writeHandlerLists(root);
  expect(await namesIn('activities')).toEqual(['pay']);
  await expect(readFile(list('reads'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('leaves a list alone that is right already', async () => {
  await writeHandlerLists(root);
  const { ino } = await stat(list('activities'));
  await writeHandlerLists(root);
  expect((await stat(list('activities'))).ino).toBe(ino);
  await put('src/activities/refund.activity.ts', 'export const refund = 1;\n');
  await writeHandlerLists(root);
  expect((await stat(list('activities'))).ino).not.toBe(ino);
});

test('is a module to the compiler, too, when there is no handler', async () => {
  await rm(join(root, 'apps/billing-worker/src/activities/pay.activity.ts'));
  await writeHandlerLists(root);
  // To Node any file is one; the compiler wants to see it.
  expect(await readFile(list('activities'), 'utf8')).toContain('export {}');
});
