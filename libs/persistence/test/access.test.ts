import { randomUUID } from 'node:crypto';
import { declaredError } from '@adx/contract-kit';
import type { PrincipalClaims } from '@adx/contract-kit';
import { accessRows } from '../src/access-rows.ts';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, deleteUser, never, newStep, principalOf, tracesOf } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

let database: TestDatabase;
let users: Database<UserTx>;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'));
});
afterAll(async () => {
  await users.close();
  await database.drop();
});

type Status = 'pending' | 'active' | 'suspended';

/** A tenant that has opened, and a member of it. */
async function tenantWith(status: Status, member?: { readonly sub: string; readonly roles: readonly string[] }) {
  const tenantId = randomUUID();
  await users.ledger.forward(newStep({ principal: principalOf({ tenantId }) }), async (tx) => {
    await accessRows(tx).openTenant(status);
    if (member) await accessRows(tx).grantMember(member.sub, member.roles);
    return null;
  });
  return tenantId;
}

async function setStatus(tenantId: string, status: Status) {
  const step = newStep({ principal: principalOf({ tenantId }), access: 'lifecycle' });
  await users.ledger.forward(step, async (tx) => {
    await accessRows(tx).openTenant(status);
    return null;
  });
}

function memberStep(claims: Partial<PrincipalClaims>, roles: readonly string[] = ['owner']) {
  return newStep({ principal: principalOf({ kind: 'user', ...claims }), access: 'member', roles });
}

const denied = { type: 'TenantAccessDenied', nonRetryable: true };
const unknown = { type: 'TenantAccessUnknown', nonRetryable: false };

describe('member access', () => {
  test('is given to a member of an active tenant who holds one of the roles', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['member', 'owner'] });
    const step = memberStep({ tenantId, sub: 'ada' }, ['billing', 'owner']);
    await users.ledger.forward(step, createUser(step));
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 1 });
  });

  test('is denied to a member who holds none of them, whatever the token claims', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['member'] });
    const step = memberStep({ tenantId, sub: 'ada', roles: ['owner'] });
    await expect(users.ledger.forward(step, never)).rejects.toMatchObject(denied);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: undefined });
  });

  test.each(['pending', 'suspended'] as const)('is denied while the tenant is %s', async (status) => {
    const tenantId = await tenantWith(status, { sub: 'ada', roles: ['owner'] });
    await expect(users.ledger.forward(memberStep({ tenantId, sub: 'ada' }), never)).rejects.toMatchObject(denied);
  });

  test('is not known yet of a tenant or a member without a row: another attempt may find it', async () => {
    await expect(users.ledger.forward(memberStep({ sub: 'ada' }), never)).rejects.toMatchObject(unknown);
    const tenantId = await tenantWith('active');
    await expect(users.ledger.forward(memberStep({ tenantId, sub: 'ada' }), never)).rejects.toMatchObject(unknown);
  });

  test.each(['service', 'operator'] as const)('is denied to a %s that has no member row', async (kind) => {
    const tenantId = await tenantWith('active');
    const step = memberStep({ tenantId, sub: 'billing', kind });
    await expect(users.ledger.forward(step, never)).rejects.toMatchObject(denied);
  });

  test('is given to a service that has a member row', async () => {
    const tenantId = await tenantWith('active', { sub: 'billing', roles: ['owner'] });
    const step = memberStep({ tenantId, sub: 'billing', kind: 'service' });
    await users.ledger.forward(step, createUser(step));
  });

  test('of one tenant is none in another', async () => {
    await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    const tenantId = await tenantWith('active', { sub: 'bob', roles: ['owner'] });
    await expect(users.ledger.forward(memberStep({ tenantId, sub: 'ada' }), never)).rejects.toMatchObject(unknown);
  });

  test('of one who was removed or promoted is not changed by late news of a new member', async () => {
    const tenantId = await tenantWith('active');
    await users.ledger.forward(newStep({ principal: principalOf({ tenantId }) }), async (tx) => {
      await accessRows(tx).projectMember('bob', ['owner']);
      await accessRows(tx).projectMember('bob', []);
      await accessRows(tx).projectMember('eve', ['owner']);
      await accessRows(tx).projectNewMembers(['ada', 'bob', 'eve'], 'member');
      expect(await accessRows(tx).isMember('ada')).toBe(true);
      expect(await accessRows(tx).isMember('bob')).toBe(false);
      return null;
    });
    const { rows } = await database.superuser.query(
      'select subject, roles from "user".access_member where tenant_id = $1 order by subject',
      [tenantId],
    );
    expect(rows).toEqual([
      { subject: 'ada', roles: ['member'] },
      { subject: 'bob', roles: [] },
      { subject: 'eve', roles: ['owner'] },
    ]);
    // Final, where one who is not known yet would be tried again.
    await expect(users.ledger.forward(memberStep({ tenantId, sub: 'bob' }), never)).rejects.toMatchObject(denied);
  });

  test('tells members from those who were removed, and both from those who are not known', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    await tenantWith('active', { sub: 'cy', roles: ['owner'] });
    await users.ledger.forward(newStep({ principal: principalOf({ tenantId }) }), async (tx) => {
      await accessRows(tx).projectMember('bob', []);
      expect(await accessRows(tx).removedAmong(['ada', 'bob', 'cy'])).toEqual(['bob']);
      expect(await accessRows(tx).removedAmong([])).toEqual([]);
      expect(await accessRows(tx).countMembers()).toBe(1);
      return null;
    });
  });

  test('ends when the member is revoked, and when the tenant is closed', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    const operator = principalOf({ tenantId });
    await users.ledger.forward(newStep({ principal: operator }), async (tx) => {
      await accessRows(tx).revokeMember('ada');
      return null;
    });
    await expect(users.ledger.forward(memberStep({ tenantId, sub: 'ada' }), never)).rejects.toMatchObject(unknown);
    await users.ledger.forward(newStep({ principal: operator }), async (tx) => {
      await accessRows(tx).closeTenant();
      return null;
    });
    const { rows } = await database.superuser.query('select 1 from "user".access_tenant where tenant_id = $1', [
      tenantId,
    ]);
    expect(rows).toEqual([]);
  });
});

describe.each(['provisioning', 'lifecycle'] as const)('%s access', (access) => {
  test.each(['operator', 'service'] as const)('is given to an %s, of a tenant in any state', async (kind) => {
    for (const tenantId of [randomUUID(), await tenantWith('suspended')]) {
      const step = newStep({ principal: principalOf({ tenantId, kind }), access });
      await users.ledger.forward(step, createUser(step));
    }
  });

  test('is denied to a user, even to an owner', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    const step = newStep({ principal: principalOf({ tenantId, kind: 'user', sub: 'ada', roles: ['owner'] }), access });
    await expect(users.ledger.forward(step, never)).rejects.toMatchObject(denied);
  });
});

describe('while a tenant is suspended', () => {
  test('a new effect is denied, but a replay finds its output and an undo takes back', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    const step = memberStep({ tenantId, sub: 'ada' });
    const output = await users.ledger.forward(step, createUser(step));
    await setStatus(tenantId, 'suspended');
    await expect(users.ledger.forward(memberStep({ tenantId, sub: 'ada' }), never)).rejects.toMatchObject(denied);
    expect(await users.ledger.forward(step, never)).toEqual(output);
    await users.ledger.undo(step, deleteUser);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
  });

  test('effects go on when it is active again', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    await setStatus(tenantId, 'suspended');
    const step = memberStep({ tenantId, sub: 'ada' });
    await expect(users.ledger.forward(step, never)).rejects.toMatchObject(denied);
    await setStatus(tenantId, 'active');
    await users.ledger.forward(step, createUser(step));
  });
});

test('leaves an audit entry of every attempt that is denied, and of every one that fails for good', async () => {
  const tenantId = await tenantWith('suspended', { sub: 'ada', roles: ['owner'] });
  const step = memberStep({ tenantId, sub: 'ada' });
  await expect(users.ledger.forward(step, never)).rejects.toMatchObject(denied);
  await expect(users.ledger.forward(step, never)).rejects.toMatchObject(denied);
  expect((await tracesOf(database.superuser, step)).audit).toEqual(['createUser denied', 'createUser denied']);

  const failing = newStep({ principal: principalOf({ tenantId }) });
  const declared = declaredError('user', 'EmailTaken', {});
  await expect(users.ledger.forward(failing, () => Promise.reject(declared))).rejects.toBe(declared);
  const broken = new Error('worth another attempt');
  await expect(users.ledger.forward(failing, () => Promise.reject(broken))).rejects.toBe(broken);
  expect((await tracesOf(database.superuser, failing)).audit).toEqual(['createUser failed']);
});

// The rules of access are written twice in SQL, with a ledger and without: each case runs through both.
describe('an activity without an effect', () => {
  const subjects = { member: 'ada', stranger: 'eve' };
  const cases = (['active', 'suspended', 'pending', 'none'] as const).flatMap((status) =>
    (['user', 'service', 'operator'] as const).flatMap((kind) =>
      (['member', 'provisioning', 'lifecycle'] as const).flatMap((access) =>
        (['member', 'stranger'] as const).flatMap((who) =>
          (['owner', 'billing'] as const).map((role) => ({ status, kind, access, who, role })),
        ),
      ),
    ),
  );

  test('may look exactly when an effect of the same access would be allowed, and is refused the same way', async () => {
    const outcomes = new Set<string>();
    const tenants = new Map<string, string>([['none', randomUUID()]]);
    for (const status of ['active', 'suspended', 'pending'] as const) {
      tenants.set(status, await tenantWith(status, { sub: 'ada', roles: ['owner'] }));
    }
    const outcomeOf = (attempt: Promise<unknown>) =>
      attempt.then(
        () => 'allowed',
        (error: { type?: string; name: string }) => error.type ?? error.name,
      );
    for (const { status, kind, access, who, role } of cases) {
      const principal = principalOf({ tenantId: tenants.get(status)!, kind, sub: subjects[who] });
      const step = newStep({ principal, access, roles: access === 'member' ? [role] : [] });
      const effect = await outcomeOf(users.ledger.forward(step, async () => null));
      const look = await outcomeOf(users.ledger.look(step, async () => null));
      expect({ status, kind, access, who, role, outcome: look }).toEqual({
        ...{ status, kind, access, who, role },
        outcome: effect,
      });
      outcomes.add(look);
    }
    expect([...outcomes].sort()).toEqual(['TenantAccessDenied', 'TenantAccessUnknown', 'allowed']);
  });

  test('is no longer answered when the member is not one any more', async () => {
    const tenantId = await tenantWith('active', { sub: 'ada', roles: ['owner'] });
    const step = memberStep({ tenantId, sub: 'ada' });
    expect(await users.ledger.look(step, (tx) => tx.user.count())).toBe(0);
    await setStatus(tenantId, 'suspended');
    await expect(users.ledger.look(step, never)).rejects.toMatchObject(denied);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: undefined, audit: [] });
  });

  test('sees the rows of its own tenant and no others', async () => {
    const mine = newStep();
    await users.ledger.forward(mine, createUser(mine));
    const { tenantId } = mine.principal;
    expect(await users.ledger.look(mine, (tx) => tx.user.count())).toBe(1);
    const theirs = newStep();
    expect(await users.ledger.look(theirs, (tx) => tx.user.count({ where: { tenantId } }))).toBe(0);
  });
});

describe('a change of a tenant by its number', () => {
  const act = async <T extends null | string>(tenantId: string, work: (tx: UserTx) => Promise<T>): Promise<T> => {
    const step = newStep({ principal: principalOf({ tenantId }), access: 'lifecycle' });
    return (await users.ledger.forward(step, work)) as T;
  };
  const change = (tenantId: string, status: Status, version: number) =>
    act(tenantId, (tx) =>
      accessRows(tx)
        .changeTenant(status, version)
        .then(() => null),
    );
  const restore = (tenantId: string, status: Status | null, version: number) =>
    act(tenantId, (tx) =>
      accessRows(tx)
        .restoreTenant(status, version)
        .then(() => null),
    );
  const status = (tenantId: string) => act(tenantId, (tx) => accessRows(tx).tenantStatus());

  test('is taken once, and never replaced by an older one', async () => {
    const tenantId = randomUUID();
    await change(tenantId, 'active', 1);
    await change(tenantId, 'suspended', 2);
    await change(tenantId, 'active', 1);
    expect(await status(tenantId)).toBe('suspended');
    await change(tenantId, 'active', 3);
    expect(await status(tenantId)).toBe('active');
  });

  test('is taken back, and does not come in again by an event that was late', async () => {
    const tenantId = randomUUID();
    await change(tenantId, 'active', 1);
    await change(tenantId, 'suspended', 2);
    await restore(tenantId, 'active', 2);
    await change(tenantId, 'suspended', 2);
    expect(await status(tenantId)).toBe('active');
  });

  test('is not taken back when something newer has come', async () => {
    const tenantId = randomUUID();
    await change(tenantId, 'active', 1);
    await change(tenantId, 'suspended', 3);
    await restore(tenantId, 'active', 2);
    expect(await status(tenantId)).toBe('suspended');
  });

  test('takes the tenant away when the service did not know it before', async () => {
    const tenantId = randomUUID();
    await change(tenantId, 'suspended', 2);
    await restore(tenantId, null, 2);
    expect(await status(tenantId)).toBeNull();
  });
});
