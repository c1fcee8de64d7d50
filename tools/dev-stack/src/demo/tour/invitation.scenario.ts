import type { GatewayClient, OperationBody } from '../gateway-client.ts';
import { ENDED } from '../stage.ts';
import type { Scenario, Stage } from '../stage.ts';
import { WITHIN_MS, completed, openTenant, start, taken } from './processes.ts';

const waits = ({ steps }: OperationBody) =>
  steps.some(({ name, status }) => name === 'accepted' && status === 'waiting');

/** Invites somebody, and takes the token from their mail once the process waits for it. */
async function invite(stage: Stage, owner: GatewayClient, email: string) {
  const operationId = await start(owner, 'POST /v1/invitations', { email });
  await owner.until(operationId, waits, WITHIN_MS);
  const mails = (await stage.inbox()).filter(({ to }) => to === email);
  const token = mails.flatMap(({ text }) => text.split(/\s+/)).find((word) => word.startsWith(`${operationId}.`));
  if (token === undefined) throw new Error(`there is no mail with a token of ${operationId}`);
  return { operationId, token, mails };
}

/** Whoever has the token accepts it: no other one is needed. */
const accept = async (stage: Stage, token: string) =>
  (await stage.as('nobody')).post('/v1/invitations/acceptance', { token });

async function userOf(owner: GatewayClient, address: string) {
  const { users } = await taken(owner.get('/v1/users?limit=100'));
  return (users as readonly { readonly email: string; readonly status: string }[]).find(
    ({ email }) => email === address,
  );
}

export const invitationAccepted: Scenario = {
  name: 'an invitation that is accepted',
  shows: ['inviteUser'],
  async play(stage) {
    const email = `bo-${stage.suffix}@stark.example`;
    const { owner } = await openTenant(stage, 'stark');
    const { operationId, token, mails } = await invite(stage, owner, email);
    const invited = await userOf(owner, email);
    const answer = await accept(stage, token);
    const operation = await owner.until(operationId, ENDED, WITHIN_MS);
    const active = await userOf(owner, email);
    const again = await accept(stage, token);
    return {
      operation,
      checks: {
        'the mail with the token is in the inbox once': mails.length === 1 && mails[0]?.deliveries === 1,
        'until then the user is only invited': invited?.status === 'invited',
        'the token is taken': answer.status === 202,
        completed: completed(operation),
        'the user is active': active?.status === 'active',
        'a used token opens nothing': again.status === 404,
      },
      // The token goes nowhere.
      evidence: {
        before: invited?.status,
        accepted: answer.body['status'],
        after: active?.status,
        again: again.status,
      },
    };
  },
};

export const invitationWithdrawn: Scenario = {
  name: 'an invitation that is withdrawn',
  says: ['A mail cannot be unsent; what it says is worth nothing any more.'],
  shows: ['inviteUser'],
  async play(stage) {
    const email = `cy-${stage.suffix}@wayne.example`;
    const { owner } = await openTenant(stage, 'wayne');
    const { operationId, token } = await invite(stage, owner, email);
    await taken(owner.post(`/v1/operations/${operationId}/cancellation`, {}));
    const operation = await owner.until(operationId, ENDED, WITHIN_MS);
    const answer = await accept(stage, token);
    const ledger = await stage.evidence.ledger(operationId);
    return {
      operation,
      checks: {
        cancelled: operation.status === 'cancelled',
        'the token opens nothing': answer.status === 404,
        'the address is nobody’s': (await userOf(owner, email)) === undefined,
        'no step is done': ledger.length > 0 && ledger.every(({ state }) => state !== 'done'),
      },
      evidence: { accepted: answer.status, ledger },
    };
  },
};
