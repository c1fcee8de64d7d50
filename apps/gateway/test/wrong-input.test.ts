import { openGateway } from './gateway-harness.ts';
import type { Answer, Ask, TestGateway } from './gateway-harness.ts';

let gateway: TestGateway;
let operator: string;
beforeAll(async () => {
  gateway = await openGateway();
  operator = await gateway.operator();
});
afterAll(() => gateway.close());

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const acme = { slug: 'acme', name: 'Acme', ownerEmail: 'ann@acme.example' };
const bo = { email: 'bo@acme.example' };
const onboard = (request: Ask): Promise<Answer> => gateway.ask('POST', '/v1/tenants', request);

/** Every problem has these members, whatever it says. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/./),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
}

describe('a token', () => {
  const list = (headers: Record<string, string>) => gateway.ask('GET', '/v1/operations', { headers });
  const bearer = (token: string) => list({ authorization: `Bearer ${token}` });

  test('is required, and the answer says how to send one', async () => {
    for (const headers of [{}, { authorization: 'Basic b2xnYTpzZWNyZXQ=' }, { authorization: 'Bearer ' }]) {
      const answer = await list(headers as Record<string, string>);
      expectProblem(answer, 401, 'TokenMissing');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test('is refused when another key signed it', async () => {
    const answer = await bearer(await gateway.issuer.forge({ sub: 'eve', role: 'operator' }));
    expectProblem(answer, 401, 'TokenInvalid');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test.each([
    ['of another issuer', { iss: 'https://elsewhere.test' }],
    ['for another audience', { aud: 'billing' }],
    ['expired longer ago than clocks may differ', { exp: Math.floor(Date.now() / 1_000) - 60 }],
    ['without an expiry', { exp: undefined }],
    ['not valid yet', { nbf: Math.floor(Date.now() / 1_000) + 600 }],
    ['of an unknown role', { role: 'admin' }],
    ['of an operator with a tenant', { tenant: TENANT }],
    ['of an owner without a tenant', { role: 'owner' }],
    ['of an owner whose tenant is no id', { role: 'owner', tenant: 'acme' }],
  ])('%s is refused', async (_what, claims) => {
    const token = await gateway.issuer.sign({ sub: 'olga', role: 'operator', ...(claims as object) });
    expectProblem(await bearer(token), 401, 'TokenInvalid');
  });

  test('is accepted while clocks differ by a few seconds', async () => {
    const token = await gateway.issuer.sign({ sub: 'olga', role: 'operator', exp: Math.floor(Date.now() / 1_000) - 2 });
    expect((await bearer(token)).status).toBe(200);
  });

  test('is refused without a signature, whatever its header says of that', async () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = { iss: 'https://issuer.test', aud: 'adx', sub: 'eve', role: 'operator', exp: 4_000_000_000 };
    expectProblem(await bearer(`${encode({ alg: 'none' })}.${encode(claims)}.`), 401, 'TokenInvalid');
    expectProblem(await bearer('not.a.token'), 401, 'TokenInvalid');
  });

  test('is refused when it is a principal: that one is for messages inside', async () => {
    const principal = await gateway.parts.signer.sign({ sub: 'eve', kind: 'operator', tenantId: TENANT, roles: [] });
    expectProblem(await bearer(principal), 401, 'TokenInvalid');
  });

  test('is looked at before the body is', async () => {
    expectProblem(await onboard({ body: '{ not json' }), 401, 'TokenMissing');
  });
});

describe('a permission', () => {
  test.each([
    ['member', 'POST', '/v1/tenants', acme],
    ['owner', 'POST', '/v1/tenants', acme],
    ['owner', 'POST', `/v1/tenants/${TENANT}/suspension`, undefined],
    ['owner', 'POST', `/v1/tenants/${TENANT}/resumption`, undefined],
    ['member', 'POST', `/v1/operations/${TENANT}:onboardTenant:key/cancellation`, undefined],
    ['member', 'POST', `/v1/tenants/${TENANT}/plan`, { plan: 'team' }],
    ['member', 'POST', '/v1/users', bo],
    ['member', 'PATCH', `/v1/users/${TENANT}`, { role: 'owner' }],
    ['member', 'DELETE', `/v1/users/${TENANT}`, undefined],
    ['member', 'POST', '/v1/notifications', { userId: TENANT, subject: 'hello', body: 'there' }],
    [
      'owner',
      'POST',
      `/v1/operations/${TENANT}:onboardTenant:key/steps/s/resolution`,
      { action: 'retry', reason: 'r' },
    ],
  ] as const)('that the role "%s" lacks is named: %s %s', async (role, method, url, body) => {
    const token = await gateway.member(TENANT, role);
    const answer = await gateway.ask(method, url, { token, ...(body ? { body } : {}) });
    expectProblem(answer, 403, 'PermissionDenied');
    expect(answer.body['detail']).toContain(`"${role}"`);
  });
});

describe('a body', () => {
  test('with an unknown field is refused, and the field named', async () => {
    const answer = await onboard({ token: operator, body: { ...acme, tenantId: TENANT } });
    expectProblem(answer, 400, 'InvalidInput');
    expect(answer.body['errors']).toEqual([{ path: 'tenantId', message: 'is not a known field' }]);
  });

  test('with several faults is refused once, with all of them', async () => {
    const answer = await onboard({ token: operator, body: { slug: 'A', name: '', plan: 'gold', extra: 1 } });
    expectProblem(answer, 400, 'InvalidInput');
    const paths = new Set((answer.body['errors'] as { path: string }[]).map(({ path }) => path));
    expect(paths).toEqual(new Set(['slug', 'name', 'plan', 'ownerEmail', 'extra']));
  });

  test.each([
    ['POST', '/v1/users', { email: 'no address', role: 'king', admin: true }, ['email', 'role', 'admin']],
    ['PATCH', `/v1/users/${TENANT}`, {}, ['body']],
    ['PATCH', `/v1/users/${TENANT}`, { role: 'king', userId: TENANT }, ['role', 'userId']],
    ['POST', `/v1/tenants/${TENANT}/plan`, { plan: 'gold' }, ['plan']],
    ['POST', '/v1/notifications', { userId: 'bo', subject: ' ', body: '' }, ['userId', 'subject', 'body']],
  ] as const)("of a tenant's own people is held to the contract: %s %s %j", async (method, url, body, paths) => {
    const answer = await gateway.ask(method, url, { token: await gateway.member(TENANT), body });
    expectProblem(answer, 400, 'InvalidInput');
    expect(new Set((answer.body['errors'] as { path: string }[]).map(({ path }) => path))).toEqual(new Set(paths));
  });

  test('is never quoted in the answer', async () => {
    const answer = await onboard({ token: operator, body: { ...acme, ownerEmail: 'ann@@acme' } });
    expectProblem(answer, 400, 'InvalidInput');
    expect(JSON.stringify(answer.body)).not.toContain('ann@@acme');
  });

  test('of a change of status says nothing', async () => {
    const url = `/v1/tenants/${TENANT}/suspension`;
    const answer = await gateway.ask('POST', url, { token: operator, body: { status: 'suspended' } });
    expectProblem(answer, 400, 'InvalidInput');
    expectProblem(await gateway.ask('POST', url, { token: operator }), 404, 'NotFound');
  });

  test('over 256 KiB is refused', async () => {
    const body = JSON.stringify({ ...acme, name: 'x'.repeat(256 * 1_024) });
    expectProblem(await onboard({ token: operator, body }), 413, 'BodyTooLarge');
  });

  test('that is not JSON is refused, whatever it says it is', async () => {
    expectProblem(await onboard({ token: operator, body: '{ not json' }), 400, 'NotJson');
    expectProblem(await onboard({ token: operator, body: '' }), 400, 'NotJson');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await onboard({ token: operator, body: 'slug=acme', headers: { 'content-type': type } });
      expectProblem(answer, 415, 'NotJson');
    }
  });

  test('that is missing, or no object, is refused', async () => {
    expectProblem(await onboard({ token: operator }), 400, 'InvalidInput');
    expectProblem(await onboard({ token: operator, body: [acme] }), 400, 'InvalidInput');
  });

  test('that would change what objects are is refused', async () => {
    const answer = await onboard({ token: operator, body: '{ "__proto__": { "admin": true }, "slug": "acme" }' });
    expectProblem(answer, 400, 'NotJson');
  });
});

describe('an Idempotency-Key', () => {
  test.each([
    ['/v1/tenants', acme],
    [`/v1/tenants/${TENANT}/suspension`, undefined],
    [`/v1/tenants/${TENANT}/resumption`, {}],
    [`/v1/operations/${TENANT}:onboardTenant:key/cancellation`, undefined],
    [`/v1/operations/${TENANT}:onboardTenant:key/steps/reserveTenant/resolution`, { action: 'retry', reason: 'r' }],
  ])('is required: POST %s', async (url, body) => {
    const request = { token: operator, key: null, ...(body ? { body } : {}) };
    expectProblem(await gateway.ask('POST', url, request), 400, 'IdempotencyKeyMissing');
  });

  test.each([
    ['POST', '/v1/users', bo],
    ['PATCH', `/v1/users/${TENANT}`, { role: 'owner' }],
    ['DELETE', `/v1/users/${TENANT}`, undefined],
    ['POST', `/v1/tenants/${TENANT}/plan`, { plan: 'team' }],
    ['POST', '/v1/notifications', { userId: TENANT, subject: 'hello', body: 'there' }],
  ] as const)("is required of a tenant's own people: %s %s", async (method, url, body) => {
    const request = { token: await gateway.member(TENANT), key: null, ...(body ? { body } : {}) };
    expectProblem(await gateway.ask(method, url, request), 400, 'IdempotencyKeyMissing');
  });

  test('has 8 to 255 printable characters', async () => {
    for (const key of ['short', 'with a space', 'x'.repeat(256)]) {
      expectProblem(await onboard({ token: operator, key, body: acme }), 400, 'IdempotencyKeyInvalid');
    }
    expect((await onboard({ token: operator, key: 'x'.repeat(255), body: acme })).status).toBe(202);
  });
});

describe('an address', () => {
  test('that is none is answered as a problem', async () => {
    expectProblem(await gateway.ask('GET', '/v1/nothing'), 404, 'NotFound');
    expectProblem(await gateway.ask('POST', '/livez'), 404, 'NotFound');
  });

  test('that cannot be decoded is answered as a problem', async () => {
    expectProblem(await gateway.ask('GET', '/v1/tenants/%zz', { token: operator }), 400, 'InvalidInput');
  });

  test('with a query that it does not take is refused', async () => {
    const list = (query: string) => gateway.ask('GET', `/v1/operations?${query}`, { token: operator });
    expectProblem(await list('state=running'), 400, 'InvalidInput');
    expectProblem(await list('status=done'), 400, 'InvalidInput');
    expectProblem(await list('limit=101'), 400, 'InvalidInput');
    expectProblem(await list(`tenant=${encodeURIComponent("x' OR TenantId != '")}`), 400, 'InvalidInput');
    expectProblem(await list('page=c2VjcmV0'), 400, 'PageUnknown');
  });

  test.each(['/v1/users', '/v1/notifications'])(
    '%s takes a limit and a page of its own and nothing else',
    async (url) => {
      const token = await gateway.member(TENANT);
      for (const query of ['tenant=x', 'limit=0', 'limit=101', 'page=x']) {
        expectProblem(await gateway.ask('GET', `${url}?${query}`, { token }), 400, 'InvalidInput');
      }
    },
  );
});
