// A part of the stack: the inbox and the token issuer, in one process of their own.
import { readFile } from 'node:fs/promises';
import { startInbox, startIssuer } from '@adx/local-parts';
import type { JWK } from 'jose';

const { INBOX_FILE, ISSUER_KEY_FILE, SMTP_PORT, INBOX_PORT, ISSUER_PORT } = process.env as Record<string, string>;

const inbox = await startInbox({ smtpPort: Number(SMTP_PORT), httpPort: Number(INBOX_PORT), file: INBOX_FILE! });
const issuer = await startIssuer({
  jwk: JSON.parse(await readFile(ISSUER_KEY_FILE!, 'utf8')) as JWK,
  port: Number(ISSUER_PORT),
});
process.stdout.write(`${JSON.stringify({ msg: 'ready', port: Number(INBOX_PORT) })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void Promise.all([inbox.stop(), issuer.stop()]));
}
