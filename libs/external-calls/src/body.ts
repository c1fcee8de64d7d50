import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** 1 MiB, before and after decompression. */
export const MAX_BODY_BYTES = 1_048_576;

/** What we say we can read. */
export const ACCEPTED_ENCODINGS = 'gzip, br, deflate';

/** A body that another attempt would get again: too large, or in an encoding we did not ask for. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
}

const DECODERS = { gzip: createGunzip, 'x-gzip': createGunzip, br: createBrotliDecompress, deflate: createInflate };

/**
 * Reads a body to its end. Bytes are counted while they stream, on both sides of the decompression, so that neither a
 * bomb nor an endless stream of empty blocks is ever held.
 *
 * @throws BodyRefused, and whatever a broken connection or a broken encoding throws
 */
export async function readBody(response: Readable, contentEncoding: string | undefined): Promise<string> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of limited(source)) chunks.push(chunk);
  };
  if (encoding === 'identity' || encoding === '') await pipeline(response, collect);
  else if (Object.hasOwn(DECODERS, encoding)) {
    await pipeline(response, limited, DECODERS[encoding as keyof typeof DECODERS](), collect);
  } else {
    response.destroy();
    throw new BodyRefused(`the body is encoded in a way nobody asked for; we accept ${ACCEPTED_ENCODINGS}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* limited(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BodyRefused(`the body is larger than ${MAX_BODY_BYTES} bytes`);
    yield chunk;
  }
}
