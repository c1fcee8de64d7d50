import { createHostRegistry, isPublicAddress } from '../src/index.ts';
import type { RegisteredHost, Resolver } from '../src/index.ts';
import { TENANT, answers, callerOf, get, post, startCarrier, startListener } from './fixture.ts';
import { FORBIDDEN_ADDRESSES, FORBIDDEN_HOSTNAMES, FORBIDDEN_PATHS } from './ssrf-corpus.ts';

const PUBLIC = '93.184.216.34';
const partner: RegisteredHost = { service: 'carrier', hostname: 'api.partner.example', tenants: 'all' };

let inside: Awaited<ReturnType<typeof startListener>>;
let outside: Awaited<ReturnType<typeof startListener>>;

beforeEach(async () => {
  inside = await startListener();
  outside = await startListener();
});
afterEach(async () => {
  await inside.close();
  await outside.close();
});

/** Where everything that gets past the guard is heard: `outside` for the one public address, `inside` for any other. */
const reroute = ({ address }: { address: string }) => ({
  address: '127.0.0.1',
  port: address === PUBLIC ? outside.port : inside.port,
});
const caller = (host: RegisteredHost, resolver: Resolver) => callerOf(host, { resolver, reroute }).call;
const failureOf = (attempt: Promise<unknown>) => attempt.catch((error: { type?: string }) => error.type ?? error);

test('the corpus has at least 200 different addresses, and every way of writing one that people fall for', () => {
  expect(new Set(FORBIDDEN_ADDRESSES).size).toBeGreaterThanOrEqual(200);
  const written = [...FORBIDDEN_ADDRESSES, ...FORBIDDEN_HOSTNAMES].join(' ');
  for (const way of ['::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::1', '0177.0.0.1', '0x7f000001', '2130706433']) {
    expect(written).toContain(way);
  }
  for (const way of ['user:password@', ':8080', '%31%32%37', 'localhost.', '①②⑦']) expect(written).toContain(way);
  expect(FORBIDDEN_HOSTNAMES.length + FORBIDDEN_PATHS.length).toBeGreaterThanOrEqual(100);
});

test('the listeners hear whatever gets past the guard', async () => {
  expect(await failureOf(caller(partner, async () => [PUBLIC])(get()))).toBe('ExternalApiError');
  expect(outside.connections()).toBe(1);
  const elsewhere = caller(partner, async () => ['93.184.216.35']);
  expect(await failureOf(elsewhere(get()))).toBe('ExternalApiError');
  expect(inside.connections()).toBe(1);
});

test('no forbidden address is dialled, alone or among allowed ones', async () => {
  const reached: string[] = [];
  for (const address of FORBIDDEN_ADDRESSES) {
    for (const resolved of [[address], [PUBLIC, address], [address, PUBLIC]]) {
      const outcome = await failureOf(caller(partner, async () => resolved)(get()));
      if (outcome !== 'SsrfBlocked') reached.push(`${resolved.join()}: ${String(outcome)}`);
    }
  }
  expect(reached).toEqual([]);
  expect([inside.connections(), outside.connections()]).toEqual([0, 0]);
});

test('no host name leads to a forbidden address, however it is written', async () => {
  const reached: string[] = [];
  for (const hostname of FORBIDDEN_HOSTNAMES) {
    const outcome = await failureOf(caller({ ...partner, hostname }, async () => ['127.0.0.1'])(get()));
    if (outcome !== 'SsrfBlocked') reached.push(`${hostname}: ${String(outcome)}`);
  }
  expect(reached).toEqual([]);
  expect(inside.connections()).toBe(0);
});

test('no path leads away from the host', async () => {
  const reached: string[] = [];
  for (const path of FORBIDDEN_PATHS) {
    const outcome = await failureOf(caller(partner, async () => [PUBLIC])(get({ path })));
    if (outcome !== 'SsrfBlocked') reached.push(`${path}: ${String(outcome)}`);
  }
  expect(reached).toEqual([]);
  expect([inside.connections(), outside.connections()]).toEqual([0, 0]);
});

test('a resolver that answers otherwise the second time is asked once per call', async () => {
  const replies = [[PUBLIC], ['127.0.0.1'], [PUBLIC]];
  let asked = 0;
  const call = caller(partner, async () => replies[asked++]!);
  expect(await failureOf(call(get()))).toBe('ExternalApiError');
  expect([asked, outside.connections(), inside.connections()]).toEqual([1, 1, 0]);
  expect(await failureOf(call(get()))).toBe('SsrfBlocked');
  expect([asked, outside.connections(), inside.connections()]).toEqual([2, 1, 0]);
});

test('a name without an address is refused', async () => {
  expect(await failureOf(caller(partner, async () => [])(get()))).toBe('SsrfBlocked');
});

test.each([301, 302, 303, 307, 308])('a redirect (%d) is not followed', async (status) => {
  const carrier = await startCarrier(
    answers(status, {}, { location: `http://127.0.0.1:${inside.port}/latest/meta-data/` }),
  );
  const { call } = callerOf(carrier.host);
  expect(await failureOf(call(get()))).toBe('ExternalApiRefused');
  expect(await failureOf(call(post()))).toBe('ExternalApiRefused');
  expect(carrier.requests).toHaveLength(2);
  expect(inside.connections()).toBe(0);
  await carrier.close();
});

test('a host that is registered as local reaches this machine and nothing else', async () => {
  const local: RegisteredHost = { ...partner, local: 'http', port: inside.port };
  for (const address of [PUBLIC, '10.0.0.1', '169.254.169.254', '192.168.0.1', 'fe80::1']) {
    expect(await failureOf(caller(local, async () => [address])(get()))).toBe('SsrfBlocked');
  }
  expect([inside.connections(), outside.connections()]).toEqual([0, 0]);
});

test('public addresses are allowed', () => {
  const allowed = ['1.1.1.1', '8.8.8.8', '11.0.0.1', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0'];
  const more = ['126.255.255.255', '128.0.0.0', '169.253.0.1', '198.20.0.0', '223.255.255.255', '::ffff:1.1.1.1'];
  const v6 = ['2606:4700:4700::1111', '2a00:1450:4001:800::200e', '2001:200::1', '2001:4860:4860::8888', '3ffe::1'];
  for (const address of [...allowed, ...more, ...v6])
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
});

describe('a registry', () => {
  test('gives a tenant its own hosts and those of all, and says nothing of others', async () => {
    const own: RegisteredHost = { service: 'erp', hostname: 'erp.partner.example', tenants: [TENANT] };
    const registry = createHostRegistry([partner, own]);
    expect(registry.find(TENANT, 'erp')).toBe(own);
    expect(registry.find('another', 'erp')).toBeUndefined();
    expect(registry.find('another', 'carrier')).toBe(partner);
    expect(registry.find(TENANT, 'constructor')).toBeUndefined();
    const { call } = callerOf(partner, { hosts: registry, resolver: async () => [PUBLIC], reroute });
    const refused = await call({ ...get(), tenantId: 'another', host: 'erp' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ type: 'SsrfBlocked', nonRetryable: true });
    expect(String(refused)).not.toContain('erp');
  });

  test('names every host that must not be registered, at once', () => {
    const register = () =>
      createHostRegistry([
        partner,
        partner,
        { service: 'a', hostname: 'user@b.example', tenants: 'all' },
        { service: 'b', hostname: 'b.example', port: 70_000, tenants: 'all' },
        { service: 'c', hostname: '127.0.0.1', local: 'http', tenants: 'all' },
        { service: 'No Name', hostname: 'B.example', tenants: 'all' },
      ]);
    expect(register).toThrow(TypeError);
    for (const fault of [
      'carrier: is registered twice',
      'a: a hostname',
      'b: 70000',
      'c: is local',
      'No Name: a serv',
    ]) {
      expect(register).toThrow(fault);
    }
  });
});
