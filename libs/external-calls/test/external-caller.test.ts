import { createServer as createTlsServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecretReader } from '../src/index.ts';
import type { CallObservation } from '../src/index.ts';
import { answers, callerOf, closedBreakers, get, post, startCarrier } from './fixture.ts';
import { CERTIFICATE, KEY } from './tls-fixture.ts';

type Carrier = Awaited<ReturnType<typeof startCarrier>>;
let carrier: Carrier | undefined;
afterEach(() => carrier?.close());

async function carrierThat(answer: Parameters<typeof startCarrier>[0]): Promise<Carrier> {
  carrier = await startCarrier(answer);
  return carrier;
}

/** A file of this size as JSON text. */
const jsonOf = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const MIB = 1_048_576;

describe('a call', () => {
  test('sends JSON with its key, and returns status, body and duration', async () => {
    const { host, requests } = await carrierThat(answers(201, { order: 7 }, { etag: '"1"', 'set-cookie': 'a=b' }));
    const { call, breakers } = callerOf(host);
    const answer = await call({ ...post(), path: '/orders/new%20one', query: { q: 'a&b', r: '#' } });
    expect(answer).toEqual({
      status: 201,
      body: { order: 7 },
      headers: { 'content-type': 'application/json', etag: '"1"' },
      durationMs: expect.any(Number),
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: '/orders/new%20one?q=a%26b&r=%23',
      body: '{"item":"book"}',
    });
    expect(requests[0]?.headers).toMatchObject({
      host: `127.0.0.1:${host.port}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': 'key-1',
    });
    expect(breakers.reports).toEqual(['ok']);
  });

  test('reads without a key, and takes an empty body for null', async () => {
    const { host, requests } = await carrierThat((_request, response) => response.writeHead(204).end());
    expect(await callerOf(host).call(get())).toMatchObject({ status: 204, body: null });
    expect(requests[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  test('that has an effect is refused without a key', async () => {
    const { host, requests } = await carrierThat(answers(200));
    await expect(callerOf(host).call(post({ idempotencyKey: '' }))).rejects.toThrow('needs an idempotencyKey');
    expect(requests).toHaveLength(0);
  });

  test('does not send what only the platform may: credentials, hop-by-hop and forwarded headers', async () => {
    const { host, requests } = await carrierThat(answers(200));
    const stripped = {
      ...{ Authorization: 'x', cookie: 'x', Host: 'evil.example', Connection: 'upgrade', Upgrade: 'x', TE: 'x' },
      ...{ 'Proxy-Authorization': 'x', 'Transfer-Encoding': 'chunked', 'X-Forwarded-For': 'x', Forwarded: 'x' },
      ...{ 'X-Auth-Token': 'x', 'X-Api-Key': 'x', 'Idempotency-Key': 'forged', 'Content-Length': '3' },
    };
    await callerOf(host).call(post({ headers: { ...stripped, 'X-Language': 'en' } }));
    const sent = requests[0]!.headers;
    expect(Object.keys(sent).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'content-length',
      'content-type',
      'host',
      'idempotency-key',
      'x-language',
    ]);
    expect(sent).toMatchObject({ host: `127.0.0.1:${host.port}`, connection: 'close', 'idempotency-key': 'key-1' });
  });
});

describe('a status', () => {
  test.each([500, 502, 503, 504, 408, 429])(
    '%d is worth another attempt and counts for the breaker',
    async (status) => {
      const { host, requests } = await carrierThat(answers(status, { secret: 'inside' }));
      const { call, breakers } = callerOf(host);
      const failed = await call(post()).catch((error: unknown) => error);
      expect(failed).toMatchObject({
        type: 'ExternalApiError',
        nonRetryable: false,
        message: `carrier answered ${status}`,
      });
      expect(breakers.reports).toEqual(['failed']);
      expect(requests).toHaveLength(1);
    },
  );

  test.each([400, 401, 403, 404, 409, 410, 422, 451])('%d is final, and no fault of the other side', async (status) => {
    const { host } = await carrierThat(answers(status));
    const { call, breakers } = callerOf(host);
    await expect(call(post())).rejects.toMatchObject({ type: 'ExternalApiRefused', nonRetryable: true });
    expect(breakers.reports).toEqual(['ok']);
  });

  test('that the handler expects is an answer', async () => {
    const { host, requests } = await carrierThat(answers(404));
    expect(await callerOf(host).call(post({ method: 'DELETE', answers: [404] }))).toMatchObject({ status: 404 });
    // Node sends the body of a DELETE without its length, unless told: the other side takes it for a second request.
    expect(requests).toMatchObject([{ method: 'DELETE', body: '{"item":"book"}' }]);
  });

  test.each([
    ['120', 120_000],
    ['0', 1],
    ['999999', 3_600_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 1],
  ])('with Retry-After %s says when to come again', async (value, delayMs) => {
    const { host } = await carrierThat(answers(503, {}, { 'retry-after': value }));
    await expect(callerOf(host).call(get())).rejects.toMatchObject({
      type: 'ExternalApiError',
      nextRetryDelay: delayMs,
      category: 'BENIGN',
    });
  });

  test('with a date in Retry-After says how long it is until then', async () => {
    const { host } = await carrierThat((_request, response) => {
      response.writeHead(429, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();
    });
    const failed = (await callerOf(host)
      .call(get())
      .catch((error: unknown) => error)) as { nextRetryDelay: number };
    expect(failed.nextRetryDelay).toBeGreaterThan(50_000);
    expect(failed.nextRetryDelay).toBeLessThanOrEqual(60_000);
  });

  test('with a Retry-After that says nothing leaves the delay to Temporal', async () => {
    const { host } = await carrierThat(answers(503, {}, { 'retry-after': 'soon' }));
    const failed = await callerOf(host)
      .call(get())
      .catch((error: unknown) => error);
    expect(failed).not.toHaveProperty('nextRetryDelay', expect.any(Number));
  });
});

describe('no answer', () => {
  test('in time is worth another attempt and counts for the breaker', async () => {
    const { host } = await carrierThat(() => undefined);
    const { call, breakers } = callerOf(host, { timeoutMs: 50 });
    await expect(call(get())).rejects.toMatchObject({
      type: 'ExternalApiError',
      message: expect.stringContaining('in time'),
    });
    expect(breakers.reports).toEqual(['failed']);
  });

  test('to its end in time, neither', async () => {
    const { host } = await carrierThat((_request, response) => void response.writeHead(200).write('{"half":'));
    const { call, breakers } = callerOf(host, { timeoutMs: 100 });
    await expect(call(get())).rejects.toMatchObject({
      type: 'ExternalApiError',
      message: expect.stringContaining('in time'),
    });
    expect(breakers.reports).toEqual(['failed']);
  });

  test('because of a resolver that hangs is bounded, too', async () => {
    const { host } = await carrierThat(answers(200));
    const { call } = callerOf(
      { ...host, hostname: 'carrier.example' },
      {
        timeoutMs: 50,
        resolver: () => new Promise(() => undefined),
      },
    );
    await expect(call(get())).rejects.toMatchObject({ type: 'ExternalApiError' });
  });

  test.each([
    ['hangs up', (request: { socket: { destroy(): void } }) => request.socket.destroy()],
    [
      'breaks off',
      (
        _request: unknown,
        response: { writeHead(s: number, h: object): { write(t: string): void }; destroy(): void },
      ) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => response.destroy());
      },
    ],
  ])('from one that %s counts for the breaker, and its address is in no message', async (_how, answer) => {
    const { host } = await carrierThat(answer as never);
    const { call, breakers } = callerOf(host);
    const failed = await call(get()).catch((error: unknown) => error);
    expect(failed).toMatchObject({ type: 'ExternalApiError', nonRetryable: false });
    expect(String(failed)).not.toContain('127.0.0.1');
    expect(breakers.reports).toEqual(['failed']);
  });

  test('and nobody at the address counts, too', async () => {
    const { host, close } = await startCarrier(answers(200));
    await close();
    const { call, breakers } = callerOf(host);
    await expect(call(get())).rejects.toMatchObject({ type: 'ExternalApiError', message: /ECONNREFUSED/ });
    expect(breakers.reports).toEqual(['failed']);
  });
});

describe('a cancellation', () => {
  test('aborts the request and says nothing of the other side', async () => {
    const arrived = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const { host } = await carrierThat((_request, response) => {
      response.on('close', () => gone.resolve());
      arrived.resolve();
    });
    const { call, breakers } = callerOf(host);
    const cancel = new AbortController();
    const result = call(get({ signal: cancel.signal }));
    await arrived.promise;
    cancel.abort();
    await expect(result).rejects.toMatchObject({ name: 'CancelledFailure' });
    await gone.promise;
    expect(breakers.reports).toEqual([]);
  });

  test('before the call makes none', async () => {
    const { host, requests } = await carrierThat(answers(200));
    await expect(callerOf(host).call(get({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      name: 'CancelledFailure',
    });
    expect(requests).toHaveLength(0);
  });
});

describe('a body', () => {
  const packed = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };

  const sending = (encoding: string | undefined, body: Buffer | string) =>
    carrierThat((_request, response) => {
      response.writeHead(200, encoding ? { 'content-encoding': encoding } : {}).end(body);
    });

  test.each(Object.entries(packed))('in %s is read up to 1 MiB', async (encoding, pack) => {
    const { host } = await sending(encoding, pack(jsonOf(MIB)));
    expect((await callerOf(host).call(get())).body).toHaveLength(MIB - 2);
  });

  test.each(Object.entries(packed))('in %s of one byte more is refused', async (encoding, pack) => {
    const { host } = await sending(encoding, pack(jsonOf(MIB + 1)));
    const { call, breakers } = callerOf(host);
    await expect(call(get())).rejects.toMatchObject({ type: 'ExternalApiRefused', nonRetryable: true });
    expect(breakers.reports).toEqual(['ok']);
  });

  test('that is not packed has the same limit', async () => {
    const { host } = await sending(undefined, jsonOf(MIB + 1));
    await expect(callerOf(host).call(get())).rejects.toMatchObject({ type: 'ExternalApiRefused' });
  });

  test.each(Object.entries(packed))('that is a bomb in %s is not held in memory', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(64 * MIB));
    const { host } = await sending(encoding, bomb);
    const { call } = callerOf(host);
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 1);
    await expect(call(get())).rejects.toMatchObject({ type: 'ExternalApiRefused' });
    clearInterval(watch);
    peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    expect(peak - before).toBeLessThan(16 * MIB);
  });

  test('that never ends is refused at 1 MiB, even when it unpacks to nothing', async () => {
    // An empty stored block of deflate: 5 bytes that say nothing, and that another may follow.
    const nothing = Buffer.alloc(65_535, Buffer.from([0, 0, 0, 0xff, 0xff]));
    const { host } = await carrierThat((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'deflate' }).write(Buffer.from([0x78, 0x9c]));
      const more = () => {
        while (!response.destroyed && response.write(nothing));
      };
      response.on('drain', more);
      more();
    });
    await expect(callerOf(host).call(get())).rejects.toMatchObject({ type: 'ExternalApiRefused' });
  });

  test.each(['zstd', 'gzip, gzip', 'compress', 'constructor'])(
    'in an encoding nobody asked for (%s) is refused',
    async (encoding) => {
      const { host } = await sending(encoding, '{}');
      await expect(callerOf(host).call(get())).rejects.toMatchObject({ type: 'ExternalApiRefused' });
    },
  );

  test('that is broken is worth another attempt', async () => {
    const { host } = await sending('gzip', gzipSync(randomBytes(1_000)).subarray(0, 500));
    await expect(callerOf(host).call(get())).rejects.toMatchObject({ type: 'ExternalApiError' });
  });

  test('that is no JSON is worth another attempt, and is quoted nowhere', async () => {
    const { host } = await sending(undefined, '<p>ada@acme.example</p>');
    const { call, breakers, log } = callerOf(host);
    const failed = await call(get()).catch((error: unknown) => error);
    expect(failed).toMatchObject({ type: 'ExternalApiError', message: expect.stringContaining('no JSON') });
    expect(breakers.reports).toEqual(['ok']);
    expect(`${JSON.stringify(failed)}${String(failed)}${log.lines.join()}`).not.toContain('acme');
  });
});

describe('a secret', () => {
  const SECRET = 'hunter2-canary';
  const secrets = { main: { from: 'env:CARRIER_TOKEN', header: 'Authorization', prefix: 'Bearer ' } } as const;

  test('is read at the call and sent in the header of its host', async () => {
    const { host, requests } = await carrierThat(answers(200));
    const env: Record<string, string> = { CARRIER_TOKEN: `${SECRET}\n` };
    const { call } = callerOf({ ...host, secrets }, { secrets: createSecretReader({ env }) });
    await call(post({ secretRef: 'main' }));
    env['CARRIER_TOKEN'] = 'rotated';
    await call(post({ secretRef: 'main' }));
    await call(post());
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${SECRET}`,
      'Bearer rotated',
      undefined,
    ]);
  });

  test('is in no error and no log, whatever goes wrong', async () => {
    const { host } = await carrierThat((request, response) =>
      response.writeHead(500, { 'x-echo': request.headers.authorization ?? '' }).end(request.headers.authorization),
    );
    for (const value of [SECRET, `${SECRET}\r\nx: y`, `${SECRET}\u{1f4a3}`]) {
      const { call, log } = callerOf(
        { ...host, secrets },
        { secrets: createSecretReader({ env: { CARRIER_TOKEN: value } }) },
      );
      const failed = (await call(post({ secretRef: 'main' })).catch((error: unknown) => error)) as Error;
      expect(`${failed.stack}${JSON.stringify(failed)}${log.lines.join()}`).not.toContain(SECRET);
      expect(failed).toBeInstanceOf(Error);
    }
  });

  test('that is not registered, or not there, makes no call', async () => {
    const { host, requests } = await carrierThat(answers(200));
    const reader = { secrets: createSecretReader({ env: {} }) };
    await expect(callerOf({ ...host, secrets }, reader).call(post({ secretRef: 'other' }))).rejects.toThrow(
      'secretRef',
    );
    await expect(callerOf({ ...host, secrets }, reader).call(post({ secretRef: 'main' }))).rejects.toThrow(
      'env:CARRIER_TOKEN',
    );
    expect(requests).toHaveLength(0);
  });

  test('may be a file', async () => {
    const from = `file:${new URL(import.meta.url).pathname}.missing` as const;
    await expect(createSecretReader({ env: {} })(from)).rejects.toThrow('is not there');
  });
});

describe('the bulkhead', () => {
  test('lets so many through, queues so many, and refuses the rest until there is room', async () => {
    const held: (() => void)[] = [];
    const { host, requests } = await carrierThat(
      (request, response) => void held.push(() => answers(200)(request, response)),
    );
    const { call } = callerOf(host, { bulkhead: { concurrent: 2, queued: 1 } });
    const calls = [call(get()), call(get()), call(get())];
    await until(() => held.length === 2);
    const refused = await call(get()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ type: 'UpstreamBusy', nonRetryable: false, category: 'BENIGN' });
    expect(requests).toHaveLength(2);
    held.shift()!();
    await until(() => requests.length === 3);
    for (const release of held) release();
    await Promise.all(calls);
  });

  test('gives up the place of one that is cancelled while it waits', async () => {
    const held: (() => void)[] = [];
    const { host, requests } = await carrierThat(
      (request, response) => void held.push(() => answers(200)(request, response)),
    );
    const { call } = callerOf(host, { bulkhead: { concurrent: 1, queued: 1 } });
    const first = call(get());
    await until(() => held.length === 1);
    const cancel = new AbortController();
    const waiting = call(get({ signal: cancel.signal }));
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'CancelledFailure' });
    const next = call(get());
    held.shift()!();
    await first;
    await until(() => held.length === 1);
    held.shift()!();
    await next;
    expect(requests).toHaveLength(2);
  });
});

describe('over TLS', () => {
  async function startTls() {
    const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (_request, response) =>
      response.end('{"tls":true}'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = { resolver: async () => ['93.184.216.34'], reroute: () => ({ address: '127.0.0.1', port }) };
    return { server, options };
  }
  const partner = { service: 'carrier', hostname: 'api.partner.example', tenants: 'all' } as const;

  test('dials the vetted address and checks the certificate against the name', async () => {
    const { server, options } = await startTls();
    expect((await callerOf(partner, { ...options, ca: CERTIFICATE }).call(get())).body).toEqual({ tls: true });
    const other = { ...partner, hostname: 'other.partner.example' };
    await expect(callerOf(other, { ...options, ca: CERTIFICATE }).call(get())).rejects.toMatchObject({
      type: 'ExternalApiError',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
    await expect(callerOf(partner, options).call(get())).rejects.toMatchObject({ type: 'ExternalApiError' });
    server.close();
  });
});

test('a breaker that cannot be asked makes no call; a report that is lost hides no answer', async () => {
  const { host, requests } = await carrierThat(answers(200));
  const down = { permit: () => Promise.reject(new Error('down')), report: () => Promise.reject(new Error('down')) };
  await expect(callerOf(host, { breakers: down }).call(get())).rejects.toThrow('down');
  expect(requests).toHaveLength(0);
  const { store } = closedBreakers();
  const { call, log } = callerOf(host, { breakers: { ...store, report: down.report } });
  expect(await call(get())).toMatchObject({ status: 200 });
  expect(log.lines.join()).toContain('a breaker report was lost');
});

test('what is observed has bounded values only', async () => {
  const { host } = await carrierThat(answers(503));
  const seen: CallObservation[] = [];
  const { call, log } = callerOf(host, { observe: (one) => void seen.push(one) });
  await call(post({ path: '/orders/ada@acme.example' })).catch(() => undefined);
  expect(seen).toEqual([{ service: 'carrier', status: 503, durationMs: expect.any(Number) }]);
  expect(log.lines.join()).toContain('"status":503');
  expect(log.lines.join()).not.toContain('acme');
});

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !condition(); await delay(1))
    if (Date.now() > end) throw new Error('not in time');
}
