import { defineActivity } from '@adx/contract-kit';
import { z } from 'zod';
import { UserId } from './user.ts';

const Subject = z.strictObject({ userId: UserId });
/** A tenant keeps at least one owner, or nobody could ever act for it again. */
const LastOwner = Subject;
const bounds = { attempt: '10s', attempts: 10 } as const;

/** In other services, by which they find what they recorded of the person. */
export const Erased = z.strictObject({ operations: z.array(z.string().max(300)).max(1_000) });

export const erasureActivities = {
  /** Takes a user's access away, and keeps another erasure of them away. */
  holdSubject: defineActivity({
    kind: 'compensatable',
    access: 'lifecycle',
    input: Subject,
    output: z.strictObject({}),
    errors: {
      UserNotFound: Subject,
      /** Withdraw the invitation: that removes them, too. */
      SubjectInvited: Subject,
      /** Another erasure of them is under way. */
      SubjectHeld: Subject,
      LastOwner,
    },
    bounds,
  }),
  /** Removes the user, and whatever else this service holds of the person. */
  eraseUser: defineActivity({
    kind: 'pivot',
    because: 'what is known of the person is nowhere else',
    access: 'lifecycle',
    input: Subject,
    output: Erased,
    errors: { LastOwner },
    bounds,
  }),
};
