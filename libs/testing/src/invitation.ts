import { createHash, randomUUID } from 'node:crypto';
import { waitUntil } from '@adx/local-parts';
import { parseInvitationToken, userContract } from '@adx/user-contract';
import type { MatrixProcess } from './matrix-run.ts';
import type { OpenTenant } from './onboarding.ts';
import { startProcessAs } from './process.ts';
import type { TestPlatform } from './test-platform.ts';
import { unique } from './test-platform.ts';

const { inviteUser } = userContract.workflows;

/** An invitation under way. */
export interface StartedInvitation extends MatrixProcess {
  readonly email: string;
}

/** Invites somebody as the gateway does, for the owner of a tenant. */
export async function startInvitation(
  platform: TestPlatform,
  { tenantId, ownerId }: Pick<OpenTenant, 'tenantId' | 'ownerId'>,
  options: {
    readonly email?: string;
    readonly role?: 'owner' | 'member';
    readonly boundsScale?: number | undefined;
  } = {},
): Promise<StartedInvitation> {
  const { email = `${unique('bo')}@acme.example`, role = 'member', boundsScale = 0.05 } = options;
  const started = await startProcessAs(platform, { tenantId, userId: ownerId, boundsScale }, inviteUser, {
    email,
    role,
  });
  return { ...started, email };
}

/** The token of the mail, once there is one and the process waits for it. @throws Error when it does not in 60 s */
export async function invitationToken(platform: TestPlatform, invitation: StartedInvitation): Promise<string> {
  const token = await waitUntil(() => findInvitationToken(platform, invitation), { within: 60_000 });
  if (!token) throw new Error(`${invitation.operationId} does not wait for its acceptance`);
  return token;
}

/** The same, if it is there now. */
export async function findInvitationToken(
  { operations, inbox }: TestPlatform,
  { operationId, email }: StartedInvitation,
): Promise<string | undefined> {
  const view = await operations.get(operationId);
  if (!view?.steps.some(({ name, status }) => name.startsWith('accepted') && status === 'waiting')) return undefined;
  const words = inbox.messages().flatMap(({ to, text }) => (to === email ? text.split(/\s+/) : []));
  return words.find((word) => parseInvitationToken(word)?.operationId === operationId);
}

/** What may travel in the place of a token. */
export function proofOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Tells the process that its token came back, past the gateway. */
export async function acceptInvitation(
  { operations, keys }: TestPlatform,
  { operationId, tenantId }: MatrixProcess,
  token: string,
) {
  return operations.tell(inviteUser, operationId, {
    signal: 'accepted',
    payload: { proof: proofOf(token) },
    principal: await keys.signer.sign({ sub: 'invitee', kind: 'user', tenantId, roles: [] }),
    updateId: randomUUID(),
  });
}
