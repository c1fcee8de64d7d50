import { defineActivity, defineRead, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';
import { Email, Role, UserId } from './user.ts';

/** The SHA-256 of an invitation's token, base64url: what is stored, and what travels in the place of the token. */
export const TokenProof = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** The invited user was removed, or the invitation was. */
const InvitationGone = z.strictObject({});

const members = { roles: ['owner'], bounds: { attempt: '10s', attempts: 10 } } as const;

/** Puts a user on record who may not act yet: the address is taken from here on. */
const addInvitedUser = defineActivity({
  kind: 'compensatable',
  input: z.strictObject({ email: Email, role: Role }),
  output: z.strictObject({ userId: UserId }),
  /** It stays out of the error: it is personal. */
  errors: { EmailTaken: z.strictObject({}) },
  ...members,
});

/** Lets the token that was sent open this invitation. Undone, it opens nothing any more. */
const openInvitation = defineActivity({
  kind: 'compensatable',
  input: z.strictObject({ userId: UserId, proof: TokenProof }),
  output: z.strictObject({}),
  errors: { InvitationGone },
  ...members,
});

/** Whether what the process was told comes from the holder of its token. */
const checkAcceptance = defineActivity({
  kind: 'readonly',
  input: z.strictObject({ proof: TokenProof }),
  output: z.strictObject({ good: z.boolean() }),
  ...members,
});

/** Uses the token up, and lets the user act in every service. */
const activateUser = defineActivity({
  kind: 'pivot',
  because: 'the user can sign in from here on',
  input: z.strictObject({ proof: TokenProof }),
  output: z.strictObject({ userId: UserId }),
  errors: { InvitationGone },
  ...members,
});

export const invitationActivities = { addInvitedUser, openInvitation, checkAcceptance, activateUser };

/** A user who gets a seat and a mail, and is one as soon as the mail's token comes back; without it nothing is left. */
export const inviteUser = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({ email: Email, role: Role.default('member') }),
  output: z.strictObject({ userId: UserId }),
  identity: 'request',
  signals: { accepted: z.strictObject({ proof: TokenProof }) },
});

/** Whether a token opens an invitation of this tenant, and whether it was used. Anything else is not found. */
export const findInvitation = defineRead({
  input: z.strictObject({ operationId: z.string().max(300), proof: TokenProof }),
  output: z.strictObject({ accepted: z.boolean() }),
});
