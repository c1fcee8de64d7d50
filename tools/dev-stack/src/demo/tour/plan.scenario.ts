import type { Scenario } from '../stage.ts';
import { completed, failedFor, openTenant, run } from './processes.ts';

export const planChanged: Scenario = {
  name: 'a tenant goes to another plan, once',
  shows: ['changePlan'],
  async play(stage) {
    const { owner, tenantId } = await openTenant(stage, 'wonka');
    const tenant = `/v1/tenants/${tenantId}`;
    const before = (await owner.get(tenant)).body['plan'];
    const changed = await run(owner, `POST ${tenant}/plan`, { plan: 'enterprise' });
    const again = await run(owner, `POST ${tenant}/plan`, { plan: 'enterprise' });
    const after = (await owner.get(tenant)).body['plan'];
    return {
      operation: changed,
      others: [again],
      checks: {
        completed: completed(changed),
        'the gateway shows the new plan': before === 'team' && after === 'enterprise',
        'the same plan again is no change': failedFor(again, 'tenant.PlanUnchanged'),
      },
      evidence: { before, after, again: again.error?.type },
    };
  },
};
