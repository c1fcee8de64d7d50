import type { Scenario } from '../stage.ts';
import { completed, failedFor, openTenant, run, taken } from './processes.ts';

export const suspendedByOperator: Scenario = {
  name: 'an operator suspends a tenant, and lets it work again',
  shows: ['suspendTenant', 'resumeTenant'],
  async play(stage) {
    const { owner, tenantId } = await openTenant(stage, 'tyrell');
    const tenant = `/v1/tenants/${tenantId}`;
    const statusOf = async () => (await taken(stage.gateway.get(tenant)))['status'];
    const suspended = await run(stage.gateway, `POST ${tenant}/suspension`);
    const duringIt = await statusOf();
    const again = await run(stage.gateway, `POST ${tenant}/suspension`);
    const refused = await run(owner, 'POST /v1/users', { email: 'bo@tyrell.example' });
    const own = await owner.post(`${tenant}/resumption`, {});
    const resumed = await run(stage.gateway, `POST ${tenant}/resumption`);
    const afterIt = await statusOf();
    const created = await run(owner, 'POST /v1/users', { email: 'bo@tyrell.example' });
    return {
      operation: suspended,
      others: [again, refused, resumed, created],
      checks: {
        'suspended in all services': completed(suspended) && duringIt === 'suspended',
        'a second suspension is no change, and leaves nothing': failedFor(again, 'tenant.StatusUnchanged'),
        'nobody of it can do anything': failedFor(refused, 'TenantAccessDenied'),
        'it cannot let itself work again': own.status === 403,
        'the operator can': completed(resumed) && afterIt === 'active' && completed(created),
      },
      evidence: { duringIt, afterIt, again: again.error?.type, refused: refused.error?.type, own: own.status },
    };
  },
};
