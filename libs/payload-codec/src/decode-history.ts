import type { PayloadCodec } from '@temporalio/common';
import { formatPayloads, parsePayloads } from './payload-json.ts';

/**
 * A history as `historyToJSON` writes it, with every encrypted payload decoded: what is recorded for replays, which run
 * without a codec. Payloads that are clear by design stay as they are. Its result is as secret as the payloads were.
 *
 * @throws PayloadCodecError when one of them does not decode
 */
export async function decodeHistory(json: string, codec: PayloadCodec): Promise<string> {
  return `${JSON.stringify(await decodeBelow(JSON.parse(json), codec), null, 2)}\n`;
}

async function decodeBelow(node: unknown, codec: PayloadCodec): Promise<unknown> {
  if (node === null || typeof node !== 'object') return node;
  if (Array.isArray(node)) return Promise.all(node.map((one) => decodeBelow(one, codec)));
  if (isEncrypted(node)) {
    const decoded = await codec.decode(parsePayloads(JSON.stringify({ payloads: [node] })));
    return (JSON.parse(formatPayloads(decoded)) as { payloads: unknown[] }).payloads[0];
  }
  const entries = Object.entries(node).map(async ([name, value]) => [name, await decodeBelow(value, codec)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const ENCRYPTED = Buffer.from('binary/encrypted').toString('base64');

function isEncrypted(node: object): boolean {
  if (!('metadata' in node) || typeof node.metadata !== 'object' || node.metadata === null) return false;
  return 'encoding' in node.metadata && node.metadata.encoding === ENCRYPTED;
}
