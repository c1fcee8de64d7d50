import { issueToken } from '@adx/local-parts';
import { issuerKey } from './stack-keys.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `npm run token`: prints a token of the dev issuer, and nothing else, on stdout. */
export async function token(
  folder: string,
  { role, tenant, sub }: { readonly role?: string; readonly tenant?: string; readonly sub?: string },
): Promise<number> {
  const refuse = (why: string) => {
    process.stderr.write(`${why}; see npm run token -- --help\n`);
    return 2;
  };
  const subject = sub === undefined ? {} : { sub };
  const key = await issuerKey(folder);
  if (role === 'operator') {
    if (tenant !== undefined) return refuse('an operator belongs to no tenant: leave --tenant out');
    process.stdout.write(`${await issueToken(key, { role, ...subject })}\n`);
    return 0;
  }
  if (role !== 'owner' && role !== 'member') return refuse('--role is operator, owner or member');
  if (!tenant || !UUID.test(tenant)) return refuse(`--role ${role} needs --tenant <the tenant's id>`);
  process.stdout.write(`${await issueToken(key, { role, tenant, ...subject })}\n`);
  return 0;
}
