import type { Payload } from '@temporalio/common';
import { z } from 'zod';

/** A body that is not `{ "payloads": [...] }`. */
export class BadPayloads extends Error {
  override readonly name = 'BadPayloads';
}

const Bytes = z.base64();
const Payloads = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), Bytes).optional(), data: Bytes.optional() })),
});

/** Reads protobuf's JSON form of payloads. @throws BadPayloads */
export function parsePayloads(text: string): Payload[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BadPayloads('the body is no JSON');
  }
  const parsed = Payloads.safeParse(json);
  if (!parsed.success) throw new BadPayloads('the body is { "payloads": [{ "metadata", "data" }] }, bytes in base64');
  return parsed.data.payloads.map(({ metadata = {}, data = '' }) => ({
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data, 'base64'),
  }));
}

export function formatPayloads(payloads: readonly Payload[]): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return JSON.stringify({
    payloads: payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
      data: base64(data ?? new Uint8Array()),
    })),
  });
}
