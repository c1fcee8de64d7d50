import { waitUntil } from '@adx/local-parts';
import { ENDED, newKey } from '../stage.ts';
import type { Scenario, Stage } from '../stage.ts';
import { WITHIN_MS, completed, openTenant, run, taken } from './processes.ts';

const DOMAIN = 'virtucon.example';
const MESSAGE = { subject: 'Office move', body: 'Next Monday.', channels: ['in-app', 'email'] };

/** The mails of it, once so many are there. */
async function mailsOf(stage: Stage, count: number) {
  const domain = `-${stage.suffix}@${DOMAIN}`;
  const look = async () =>
    (await stage.inbox()).filter(({ to, subject }) => to.endsWith(domain) && subject === MESSAGE.subject);
  await waitUntil(async () => ((await look()).length >= count ? true : undefined), { within: WITHIN_MS });
  return look();
}

export const everybodyTold: Scenario = {
  name: 'a message to every member of a tenant, in the list and in the mailbox of each',
  says: ['The user service says who they are, a page at a time; each delivery is a process of its own.'],
  shows: ['broadcast'],
  async play(stage) {
    const { owner, ownerId, tenantId } = await openTenant(stage, 'virtucon');
    const hired = [];
    for (const name of ['milton', 'samir', 'joanna']) {
      hired.push(await run(owner, 'POST /v1/users', { email: `${name}-${stage.suffix}@${DOMAIN}` }));
    }
    const members = [ownerId, ...hired.map(({ result }) => (result as { readonly userId: string }).userId)];

    const key = newKey();
    const send = () => taken(owner.post('/v1/broadcasts', MESSAGE, key));
    const operationId = String((await send())['operationId']);
    const operation = await owner.until(operationId, ENDED, WITHIN_MS);
    const shown = await taken(owner.get(`/v1/broadcasts/${operationId}`));
    const repeated = await send();
    const late = await owner.post(`/v1/broadcasts/${operationId}/pause`, {});

    const mails = await mailsOf(stage, members.length);
    const inLists = await waitUntil(
      async () => {
        const lists = [];
        for (const sub of members) {
          const member = await stage.as({ role: 'member', tenant: tenantId, sub });
          const { notifications } = await taken(member.get('/v1/notifications'));
          lists.push((notifications as readonly { readonly subject: string }[]).map(({ subject }) => subject));
        }
        // Who is a member is told to the notification service a moment later.
        return lists.every((subjects) => subjects.includes(MESSAGE.subject)) ? lists : undefined;
      },
      { within: WITHIN_MS },
    );
    return {
      operation,
      others: hired,
      checks: {
        'completed, and every member counted': completed(operation) && shown['sent'] === members.length,
        'in the list of each once':
          inLists?.every((subjects) => subjects.filter((one) => one === MESSAGE.subject).length === 1) ?? false,
        'who has sent it is told that it is done': inLists?.[0]?.includes('Your broadcast is done') ?? false,
        'in the mailbox of each once':
          mails.length === members.length &&
          new Set(mails.map(({ to }) => to)).size === members.length &&
          mails.every(({ deliveries }) => deliveries === 1),
        'the same request again is the same broadcast': repeated['operationId'] === operationId,
        'what has ended cannot be paused': late.status === 409,
      },
      evidence: { members: members.length, sent: shown['sent'], mails: mails.length, late: late.body['code'] },
    };
  },
};
