import { NO_TENANT } from '@adx/contract-kit';
import { waitUntil } from '@adx/local-parts';
import { openTenant, operatorPrincipal, startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// What waits for a person: for how long (an hour and a day are seconds here), and for whom.

const BOUND_MS = 60_000;
const REMINDERS = { ADX_ATTENTION_REMINDERS: '["1s", "5s"]' };
const OPERATORS = 'operators@platform.example';

let platform: TestPlatform;
let gateway: TestGateway;
beforeAll(async () => {
  platform = await startTestPlatform({
    env: { ...REMINDERS, ADX_ATTENTION_WATCH: '1s', ADX_OPERATOR_EMAIL: OPERATORS },
  });
  gateway = await openGateway(platform, REMINDERS);
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});

const mails = () => platform.inbox.messages().filter(({ to }) => to === OPERATORS);
const messages = async () => {
  const { body } = await gateway.ask('GET', '/v1/notifications');
  return (body['notifications'] as { subject: string }[]).map(({ subject }) => subject);
};
const watches = async () => {
  const { operations } = await platform.operations.list({ tenantId: NO_TENANT, status: 'completed', limit: 100 });
  return operations.filter(({ type }) => type === 'watchAttention').length;
};

test('operators are reminded once at each level, in their list and by mail, until it is answered', async () => {
  platform.faults.set({
    activity: 'createOwner',
    mode: 'undo',
    point: 'before-transaction',
    action: { kind: 'failure', type: 'UndoImpossible' },
    times: 1,
  });
  const { operationId, tenantId } = await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' });
  const levelOf = async () => {
    const { body } = await gateway.ask('GET', `/v1/needs-attention/${operationId}.createOwner`);
    return body['level'] as number | undefined;
  };
  const levels: number[] = [];
  const raised = await waitUntil(
    async () => {
      const level = await levelOf();
      if (level !== undefined && level !== levels.at(-1)) levels.push(level);
      return level === 2 && mails().length === 2 ? true : undefined;
    },
    { within: BOUND_MS },
  );
  expect(raised).toBe(true);
  expect(levels.slice(-2)).toEqual([1, 2]);
  const expected = [2, 1].map((level) => `Needs attention, level ${level}: user.createOwner of onboardTenant`);
  expect(await messages()).toEqual(expected);
  expect(
    mails()
      .map(({ subject }) => subject)
      .toSorted()
      .toReversed(),
  ).toEqual(expected);

  // It is looked for again and again, and told no more.
  const before = await watches();
  expect(await waitUntil(async () => ((await watches()) >= before + 2 ? true : undefined), { within: BOUND_MS })).toBe(
    true,
  );
  expect(await messages()).toEqual(expected);
  expect(mails()).toHaveLength(2);

  await platform.operations.resolve(operationId, {
    resolution: { step: 'createOwner', action: 'retry', reason: 'mended', fingerprint: 'retry' },
    call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
    updateId: 'retry',
  });
  expect(await platform.operations.ended(operationId, BOUND_MS)).toBe(true);
  expect(await levelOf()).toBeUndefined();
});

test('what is written to operators is for them alone', async () => {
  const as = { role: 'owner', tenant: crypto.randomUUID(), sub: NO_TENANT } as const;
  const { status, body } = await gateway.ask('GET', '/v1/notifications', { as });
  expect([status, body['notifications']]).toEqual([200, []]);
});

test('where the contract asks for two persons, who started it may not write its step off, and that is on record', async () => {
  const { tenantId } = await openTenant(platform);
  const refused = { point: 'before-transaction', action: { kind: 'failure', type: 'UndoImpossible' } } as const;
  platform.faults.set(
    { ...refused, activity: 'setMemberAccess' },
    { ...refused, activity: 'lockTenant', mode: 'undo' },
  );
  const [ann, ben] = ['ann', 'ben'].map((sub) => ({ role: 'operator', sub }) as const);
  const headers = () => ({ 'idempotency-key': crypto.randomUUID() });
  const started = await gateway.ask('POST', `/v1/tenants/${tenantId}/suspension`, {
    as: ann!,
    body: {},
    headers: headers(),
  });
  const operationId = String(started.body['operationId']);
  const id = `${operationId}.lockTenant`;
  const isParked = async () =>
    (await gateway.ask('GET', `/v1/needs-attention/${id}`)).status === 200 ? true : undefined;
  expect(await waitUntil(isParked, { within: BOUND_MS })).toBe(true);

  const answer = (as: { readonly role: 'operator'; readonly sub: string }, action: string) =>
    gateway.ask('POST', `/v1/needs-attention/${id}/resolution`, {
      as,
      body: { action, reason: 'looked into' },
      headers: headers(),
    });
  expect(await answer(ann!, 'skip')).toMatchObject({
    status: 403,
    body: { code: 'SecondPersonRequired', detail: expect.stringContaining('somebody else') },
  });
  // To try again is nobody's decision.
  expect(await answer(ann!, 'retry')).toMatchObject({ status: 200, body: { outcome: 'parked-again' } });
  expect(await answer(ben!, 'skip')).toMatchObject({ status: 200, body: { outcome: 'resolved' } });
  platform.faults.set();
  expect(await platform.operations.ended(operationId, BOUND_MS)).toBe(true);

  const { rows } = await platform.database.superuser.query(
    `select actor, outcome, detail ->> 'action' as action from
         (select * from (select actor, outcome, detail, at, action as what, operation_id from tenant.audit_pending
            union all select actor, outcome, detail, at, action, operation_id from tenant.audit) every
            where operation_id = $1 and what = 'lockTenant.resolve') decisions order by at`,
    [operationId],
  );
  expect(rows).toEqual([
    { actor: 'ann', outcome: 'denied', action: null },
    { actor: 'ann', outcome: 'succeeded', action: 'retry' },
    { actor: 'ben', outcome: 'succeeded', action: 'skip' },
  ]);
});
