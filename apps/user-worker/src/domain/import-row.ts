import { Role, isEmail } from '@adx/user-contract';
import type { RowFault } from '@adx/user-contract';
import type { z } from 'zod';

/** A row as the file has it: its text, and its fields when it has any. */
export interface RawRow {
  /** Of the file, from 1; a row of several lines begins there. */
  readonly line: number;
  readonly text: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Why it has none. */
  readonly fault?: z.output<typeof RowFault>;
}

/** A row that may become a user. */
export interface UserRow {
  readonly email: string;
  readonly role: z.output<typeof Role>;
}

/** The columns of a file; all others are unknown. */
export const COLUMNS = ['email', 'role'] as const;

/** What a row says, or the first thing that is wrong with it. Without a role it is a member. */
export function readRow({ fields, fault }: RawRow): UserRow | z.output<typeof RowFault> {
  if (fault || !fields) return fault ?? 'NotAnObject';
  for (const name in fields) if (!(COLUMNS as readonly string[]).includes(name)) return 'UnknownColumn';
  const { email, role } = fields;
  if (email === undefined || email === null || email === '') return 'MissingEmail';
  if (typeof email !== 'string' || !isEmail(email)) return 'BadEmail';
  if (role === undefined || role === null || role === '') return { email, role: 'member' };
  const known = Role.options.find((one) => one === role);
  return known ? { email, role: known } : 'BadRole';
}
