import type { Scenario } from '../stage.ts';
import { completed, failedFor, openTenant, run } from './processes.ts';

export const personErased: Scenario = {
  name: 'a person is removed from every service',
  says: ['A process of no single service: the gateway runs it, and its steps are those of the services.'],
  shows: ['eraseSubject'],
  async play(stage) {
    const { owner, ownerId, tenantId } = await openTenant(stage, 'weyland');
    const email = `cave-${stage.suffix}@weyland.example`;
    const created = await run(owner, 'POST /v1/users', { email, role: 'member' });
    const { userId } = created.result as { readonly userId: string };
    const message = { userId, subject: 'Cake', body: 'There will be some.' };
    const told = await run(owner, 'POST /v1/notifications', message);
    const before = await stage.evidence.recordsOf(tenantId, [email, 'There will be some.']);
    const route = `POST /v1/tenants/${tenantId}/erasures`;
    const refused = await run(stage.gateway, route, { userId: ownerId });
    const erased = await run(stage.gateway, route, { userId });
    const after = await stage.evidence.recordsOf(tenantId, [email, 'There will be some.']);
    return {
      operation: erased,
      others: [created, told, refused],
      checks: {
        'their address and their messages were in the services': before.length > 0,
        'none of it is left, in no table': completed(erased) && after.length === 0,
        'they are no user any more': (await owner.get(`/v1/users/${userId}`)).status === 404,
        'the last owner stays': failedFor(refused, 'user.LastOwner'),
      },
      evidence: { before, after },
    };
  },
};
