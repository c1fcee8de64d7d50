import { defineActivity } from '@adx/contract-kit';
import { z } from 'zod';
import { UserId } from './user.ts';

/** The most that one page has: some 20 KB of ids. */
export const MEMBERS_PER_PAGE = 500;

/**
 * The ids of those who may act and were users when something began, in their order: a page that is asked for again is
 * the same but for who has left. Many attempts, as who asks has nothing else to do.
 */
export const listMembers = defineActivity({
  kind: 'readonly',
  roles: ['owner'],
  input: z.strictObject({
    /** Who came after it is none of them. */
    joinedBy: z.iso.datetime(),
    /** Begins behind this one; null at the beginning. */
    after: UserId.nullable(),
    limit: z.int().min(1).max(MEMBERS_PER_PAGE),
  }),
  output: z.strictObject({
    userIds: z.array(UserId).max(MEMBERS_PER_PAGE),
    /** Pass it as `after`; null at the end. */
    next: UserId.nullable(),
  }),
  bounds: { attempt: '10s', attempts: 100_000 },
});
