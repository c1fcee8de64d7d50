import { Readable } from 'node:stream';

/** Longest body of an upload, unless configured otherwise: a million rows are about 60 MiB. */
export const DEFAULT_UPLOAD_LIMIT = 256 * 1024 * 1024;

/** A body that is longer than it may be; answered with 413. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  readonly statusCode = 413;

  constructor(limitBytes: number) {
    super(`the body is over ${limitBytes} bytes`);
  }
}

/**
 * The same bytes, as fast as they are read, up to a limit; then it ends in {@link BodyTooLarge}. The source is left
 * open: whoever sent it still has to get an answer over its connection.
 */
export function limitedBody(body: Readable, limitBytes: number): Readable {
  return Readable.from(upTo(body, limitBytes), { objectMode: false });
}

async function* upTo(body: Readable, limitBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new BodyTooLarge(limitBytes);
    yield chunk;
  }
}
