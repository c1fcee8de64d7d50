import type { GatewayClient } from '../gateway-client.ts';
import { ENDED } from '../stage.ts';
import type { Scenario } from '../stage.ts';
import { WITHIN_MS, completed, failedFor, followUp, openTenant, run, start, taken } from './processes.ts';

export const subscriptionLived: Scenario = {
  name: 'a subscription: paid, not paid three times, paid again, and ended by its owner',
  says: [
    'What suspends the subscription starts suspendTenant in its own transaction; the payment starts resumeTenant.',
  ],
  shows: ['tenantSubscription', 'suspendTenant', 'resumeTenant'],
  async play(stage) {
    const { owner, tenantId } = await openTenant(stage, 'oscorp');
    const whose = `?tenant=${tenantId}`;
    const statusOf = async () => (await taken(stage.gateway.get(`/v1/tenants/${tenantId}`)))['status'];
    const states: unknown[] = [];
    let reported = 0;
    /** Reports something as an operator, or as the owner, and notes what the subscription is then. */
    const report = async (type: string, data: object, by: GatewayClient = stage.gateway) => {
      reported += 1;
      const events = [{ eventId: `event-${reported}`, type, data }];
      await taken(by.post(`/v1/subscription/events${whose}`, { events }, { prefer: 'wait=30' }));
      states.push((await taken(stage.gateway.get(`/v1/subscription${whose}`)))['state']);
    };
    const reference = { reference: 'invoice-1' };

    const operationId = await start(stage.gateway, `POST /v1/subscription${whose}`, {});
    await report('paymentSucceeded', reference);
    for (let time = 1; time <= 3; time += 1) await report('paymentFailed', reference);
    const suspended = await followUp(stage, tenantId, 'suspendTenant');
    const duringIt = await statusOf();
    const refused = await run(owner, 'POST /v1/users', { email: 'bo@oscorp.example' });
    await report('paymentSucceeded', reference);
    const resumed = await followUp(stage, tenantId, 'resumeTenant');
    const afterIt = await statusOf();
    const created = await run(owner, 'POST /v1/users', { email: 'bo@oscorp.example' });
    // A paid time would be used up first.
    await report('paymentFailed', reference);
    await report('cancellationRequested', {}, owner);
    const operation = await stage.gateway.until(operationId, ENDED, WITHIN_MS);
    return {
      operation,
      others: [suspended, refused, resumed, created],
      checks: {
        'it went from state to state': states.join() === 'active,past-due,past-due,suspended,active,past-due,ended',
        'the third failed payment suspended the tenant': completed(suspended) && duringIt === 'suspended',
        'nobody of it could do anything then': failedFor(refused, 'TenantAccessDenied'),
        'the payment let it work again': completed(resumed) && afterIt === 'active' && completed(created),
        'completed when its owner ended it': completed(operation),
      },
      evidence: { states, duringIt, afterIt, refused: refused.error?.type },
    };
  },
};
