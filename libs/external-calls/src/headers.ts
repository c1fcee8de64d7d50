/** What only the platform sets, or what is between two hops: RFC 9110 section 7.6.1, and credentials. */
const OWN = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers of an answer that a handler may see: the rest is credentials, or nobody's business. */
const SEEN = ['content-type', 'etag', 'last-modified', 'location'] as const;

/** A handler's headers without those that it must not set, forwarded ones and whatever is a credential elsewhere. */
export function strippedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(
        ([name]) => !OWN.has(name) && !/^(proxy-|x-forwarded|forwarded$|x-real-ip$|x-api-key$|.*-token$)/.test(name),
      ),
  );
}

/** What a handler sees of the headers of an answer. */
export function seenHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    SEEN.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** The longest wait we take from another system: beyond it an attempt is worth a try. */
const LONGEST_WAIT_MS = 3_600_000;

/** `Retry-After` in milliseconds: seconds or a date. Undefined when it is neither. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WAIT_MS);
}
