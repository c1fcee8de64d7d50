import { ENDED, newKey, onboardingOf } from './stage.ts';
import type { Scenario, Stage } from './stage.ts';

const WITHIN_MS = 30_000;

async function onboard(stage: Stage, body: object, headers = newKey()) {
  const answer = await stage.gateway.post('/v1/tenants', body, headers);
  if (answer.status !== 202)
    throw new Error(`onboarding was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as unknown as { readonly operationId: string; readonly tenantId: string };
}

/** The request of the first scenario, which the second one repeats. */
let first: { readonly headers: ReturnType<typeof newKey>; readonly operationId: string } | undefined;

export const onboards: Scenario = {
  name: 'onboard a tenant',
  shows: ['onboardTenant'],
  async play(stage) {
    const before = await stage.evidence.counts();
    const headers = newKey();
    const body = onboardingOf(stage, 'acme');
    const { operationId, tenantId } = await onboard(stage, body, headers);
    first = { headers, operationId };
    const operation = await stage.gateway.until(operationId, ENDED, WITHIN_MS);
    const tenant = await stage.gateway.get(`/v1/tenants/${tenantId}`);
    const after = await stage.evidence.counts();
    const mails = (await stage.inbox()).filter(({ to }) => to === body.ownerEmail);
    return {
      operation,
      checks: {
        completed: operation.status === 'completed',
        'the gateway shows the tenant as active': tenant.body['status'] === 'active',
        'one tenant, one owner, one channel more':
          after.tenants === before.tenants + 1 &&
          after.users === before.users + 1 &&
          after.channels === before.channels + 1,
        'the welcome mail is in the inbox once': mails.length === 1 && mails[0]?.deliveries === 1,
      },
      evidence: { before, after, mails: mails.length, tenantStatus: tenant.body['status'] },
    };
  },
};

export const slugTaken: Scenario = {
  name: 'the same slug again, and the first request repeated',
  shows: ['onboardTenant'],
  async play(stage) {
    const before = await stage.evidence.counts();
    const body = onboardingOf(stage, 'acme');
    const { operationId } = await onboard(stage, body);
    const operation = await stage.gateway.until(operationId, ENDED, WITHIN_MS);
    const repeated = await onboard(stage, body, first!.headers);
    const after = await stage.evidence.counts();
    const ledger = await stage.evidence.ledger(operationId);
    return {
      operation,
      checks: {
        'compensated for tenant.SlugTaken':
          operation.status === 'compensated' && operation.error?.type === 'tenant.SlugTaken',
        'nothing is left behind': JSON.stringify(before) === JSON.stringify(after),
        'no step is done': ledger.every(({ state }) => state !== 'done'),
        'the repeated request finds its first operation': repeated.operationId === first!.operationId,
      },
      evidence: { before, after, ledger, error: operation.error?.type, repeated: repeated.operationId },
    };
  },
};

export const addressRejected: Scenario = {
  name: 'a rejected address after two steps that succeeded',
  shows: ['onboardTenant'],
  async play(stage) {
    const before = await stage.evidence.counts();
    const { operationId } = await onboard(stage, onboardingOf(stage, 'globex', 'suppressed.example'));
    const operation = await stage.gateway.until(operationId, ENDED, WITHIN_MS);
    const after = await stage.evidence.counts();
    const ledger = await stage.evidence.ledger(operationId);
    const undone = ledger
      .filter(({ state }) => state === 'undone')
      .sort((a, b) => ((a.undoneAt ?? '') < (b.undoneAt ?? '') ? -1 : 1))
      .map(({ step }) => step);
    return {
      operation,
      checks: {
        'compensated for notification.AddressRejected':
          operation.status === 'compensated' && operation.error?.type === 'notification.AddressRejected',
        'the counts are those of before': JSON.stringify(before) === JSON.stringify(after),
        'undone in reverse order': undone.join() === 'createOwner,reserveTenant',
        'the rejected step is fenced': ledger.some(({ step, state }) => step === 'openChannels' && state === 'fenced'),
      },
      evidence: { before, after, ledger, undone },
    };
  },
};
