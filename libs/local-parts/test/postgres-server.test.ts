import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyProcess, isRunning, removePostgres, startPostgres } from '@adx/local-parts';
import type { PostgresServer } from '@adx/local-parts';
import pg from 'pg';

let folder: string;
let dataDir: string;
let server: PostgresServer | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-postgres-'));
  dataDir = join(folder, 'data');
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(async () => {
  await removePostgres(dataDir);
  await rm(folder, { recursive: true, force: true });
});

async function ask<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a Postgres', () => {
  // In one test, as every start costs a second or more.
  test('keeps what was committed when it is killed, and when it is stopped', async () => {
    server = await startPostgres({ dataDir });
    const [version] = await ask<{ server_version: string }>(server.adminUrl, 'show server_version');
    expect(version!.server_version).toMatch(/^18\./);
    await ask(server.adminUrl, 'create table kept (line text)');
    await ask(server.adminUrl, `insert into kept values ('before the kill')`);

    const killed = identifyProcess(server.pid)!;
    server.process.kill('SIGKILL');
    expect(await server.process.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isRunning(killed)).toBe(false);

    server = await startPostgres({ dataDir });
    expect(await ask(server.adminUrl, 'select line from kept')).toEqual([{ line: 'before the kill' }]);
    await ask(server.adminUrl, `insert into kept values ('before the stop')`);
    await server.stop();

    server = await startPostgres({ dataDir });
    expect(await ask(server.adminUrl, 'select line from kept order by line')).toEqual([
      { line: 'before the kill' },
      { line: 'before the stop' },
    ]);
  }, 180_000);

  test('listens on loopback only, and lets nobody in without its password', async () => {
    server = await startPostgres({ dataDir });
    const [row] = await ask<{ listen_addresses: string }>(server.adminUrl, 'show listen_addresses');
    expect(row!.listen_addresses).toBe('127.0.0.1');
    const url = new URL(server.adminUrl);
    url.password = 'guess';
    await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('is not started twice on one cluster, unless it takes over', async () => {
    server = await startPostgres({ dataDir });
    const first = identifyProcess(server.pid)!;
    await expect(startPostgres({ dataDir })).rejects.toThrow(`a Postgres (pid ${first.pid}) already runs on `);
    const second = await startPostgres({ dataDir, takeOver: true });
    try {
      expect(isRunning(first)).toBe(false);
      expect(second.pid).not.toBe(first.pid);
    } finally {
      await second.stop();
    }
  });
});
