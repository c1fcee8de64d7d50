// An identity provider for trying the platform out: it gives a token to whoever asks. Never for production.
//   node dist/main.js                                   serves its public keys at /jwks.json
//   node dist/main.js token --role operator             prints a token; owner and member need --tenant <id>
import { parseArgs } from 'node:util';
// Not the whole library: what else is in it needs packages that an image has not.
import { ensureKey, issueToken, startIssuer } from '@adx/local-parts/token-issuer';

const { IDENTITY_KEY_FILE: file = 'identity.jwk.json', IDENTITY_HOST: host, IDENTITY_PORT = '0' } = process.env;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { role: { type: 'string', default: 'operator' }, tenant: { type: 'string' } },
});
const jwk = await ensureKey(file);

if (positionals[0] === 'token') {
  const { role, tenant } = values;
  if (role === 'operator') process.stdout.write(`${await issueToken(jwk, { role })}\n`);
  else if ((role === 'owner' || role === 'member') && tenant) {
    process.stdout.write(`${await issueToken(jwk, { role, tenant })}\n`);
  } else {
    process.stderr.write('say --role operator, or --role owner|member --tenant <id>\n');
    process.exitCode = 2;
  }
} else {
  const issuer = await startIssuer({ jwk, port: Number(IDENTITY_PORT), ...(host ? { host } : {}) });
  process.stdout.write(`${JSON.stringify({ msg: 'ready', jwksUrl: issuer.jwksUrl })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void issuer.stop());
}
