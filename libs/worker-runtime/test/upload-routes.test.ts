import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { UploadRequest } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import { createAdminServer } from '../src/admin-server.ts';

const LIMIT = 200_000;

async function withServer(
  stockList: (upload: UploadRequest) => Promise<{ length: number }>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const logger = createLogger({ service: 'shop', level: 'silent' });
  const server = createAdminServer({
    service: 'shop',
    logger,
    reads: {},
    probes: {},
    uploads: { stockList },
    uploadLimit: LIMIT,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    await work(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`);
  } finally {
    await server.close();
  }
}

const send = (url: string, name: string, body: string) =>
  fetch(`${url}/internal/uploads/${name}?input=${encodeURIComponent('{"list":"l"}')}`, {
    method: 'POST',
    headers: { authorization: 'Bearer p.q.r', 'content-type': 'text/csv' },
    body,
  });

test('an upload gets the body as it comes, and what came with it', async () => {
  const seen: unknown[] = [];
  const take = async ({ input, principal, mediaType, body }: UploadRequest) => {
    seen.push(input, principal, mediaType);
    return { length: (await text(body)).length };
  };
  await withServer(take, async (url) => {
    const response = await send(url, 'stockList', 'x'.repeat(150_000));
    expect([response.status, await response.json()]).toEqual([200, { length: 150_000 }]);
    expect(seen).toEqual([{ list: 'l' }, 'p.q.r', 'text/csv']);
  });
});

test('one that is too long ends in 413, and is not read to its end', async () => {
  const take = async ({ body }: UploadRequest) => ({ length: (await text(body)).length });
  await withServer(take, async (url) => {
    const response = await send(url, 'stockList', 'x'.repeat(LIMIT + 1));
    expect([response.status, await response.json()]).toEqual([413, expect.objectContaining({ status: 413 })]);
  });
});

test('one whose sender goes away ends in an error of its body', async () => {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const take = async ({ body }: UploadRequest) => {
    began.resolve();
    const length = await text(body).then(
      (all) => all.length,
      (error: unknown) => {
        ended.resolve(error);
        return 0;
      },
    );
    ended.resolve('read to its end');
    return { length };
  };
  await withServer(take, async (url) => {
    const headers = { authorization: 'Bearer p.q.r', 'content-type': 'text/csv' };
    const sent = request(`${url}/internal/uploads/stockList`, { method: 'POST', headers });
    sent.on('error', () => undefined);
    sent.write('x'.repeat(1_000));
    await began.promise;
    sent.destroy();
    // Of Node's own realm, so no instance of this one's Error.
    expect(await ended.promise).toMatchObject({ code: 'ECONNRESET' });
  });
});

test('what it refuses and what does not exist are problems', async () => {
  const refuse = () => Promise.reject(failure('InvalidInput', 'no rows'));
  await withServer(refuse, async (url) => {
    const refused = await send(url, 'stockList', 'x');
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ detail: 'no rows' })]);
    for (const name of ['priceList', 'constructor']) expect((await send(url, name, 'x')).status).toBe(404);
  });
});
