// A part of the stack: decodes payloads for operators, in the Temporal UI and CLI.
import { DEV_AUDIENCE, DEV_ISSUER } from '@adx/local-parts';
import {
  EncryptionConfig,
  connectEncryption,
  createOperatorVerifier,
  createPayloadCodec,
  startCodecServer,
} from '@adx/payload-codec';

const { CODEC_PORT, UI_ORIGIN, JWKS_URL } = process.env as Record<string, string>;

const encryption = await connectEncryption(EncryptionConfig.parse(process.env), { patienceMs: 0 });
const server = await startCodecServer({
  // The UI sends all that it shows, and some of that is clear by design.
  codec: createPayloadCodec({ keys: encryption.keys, allowPlaintext: true }),
  verify: createOperatorVerifier({ issuer: DEV_ISSUER, audience: DEV_AUDIENCE, jwksUrl: JWKS_URL! }),
  uiOrigin: UI_ORIGIN!,
  port: Number(CODEC_PORT),
});
process.stdout.write(`${JSON.stringify({ msg: 'ready', port: Number(CODEC_PORT) })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void server.close().then(() => encryption.close()));
}
