import { DIRECTORY_PAGE_USERS, Role, isEmail } from '@adx/user-contract';
import type { z } from 'zod';

/** A user as a directory lists them. */
export interface DirectoryUser {
  readonly email: string;
  readonly role: z.output<typeof Role>;
}

/** One page of a directory: `GET <url>?page=<page>&size=<size>`. Pages are counted from 1. */
export interface DirectoryPage {
  readonly page: number;
  readonly pages: number;
  readonly users: readonly DirectoryUser[];
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * What an answer says, or why it is not what was agreed. Other keys may come and go; the reason has places and no values.
 */
export function readDirectoryPage(body: unknown): DirectoryPage | { readonly reason: string } {
  const { page, pages, users } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (!isCount(page)) return { reason: 'page is no number' };
  if (!isCount(pages)) return { reason: 'pages is no number' };
  if (!Array.isArray(users)) return { reason: 'users is no list' };
  if (users.length > DIRECTORY_PAGE_USERS) return { reason: `users are more than ${DIRECTORY_PAGE_USERS}` };
  const read: DirectoryUser[] = [];
  for (const [index, user] of (users as unknown[]).entries()) {
    const { email, role = 'member' } = (user ?? {}) as Record<string, unknown>;
    if (typeof email !== 'string' || !isEmail(email)) return { reason: `users.${index}.email is no address` };
    const known = Role.options.find((one) => one === role);
    if (!known) return { reason: `users.${index}.role is no role` };
    read.push({ email, role: known });
  }
  return { page, pages, users: read };
}
