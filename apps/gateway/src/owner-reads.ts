import type { Bound, In, Out, ReadDefinition } from '@adx/contract-kit';
import { HttpProblem, notFound } from './problem.ts';

/** Asks the owners of data, each over its internal port. */
export interface OwnerReads {
  /**
   * A read of some contract, for the tenant of the principal.
   *
   * @throws HttpProblem 404, or 503 when the owner does not answer
   */
  ask<R extends ReadDefinition & Bound>(read: R, input: In<R>, principal: string): Promise<Out<R>>;
  /** By `<service>-reads`; each rejects when its owner cannot be reached. */
  readonly probes: Readonly<Record<string, () => Promise<void>>>;
}

/** A page of a large report is the slowest of them. */
const TIMEOUT_MS = 10_000;
const PROBE_MS = 3_000;

/** @param urls of the internal ports, by service */
export function createOwnerReads(urls: Readonly<Record<string, string>>): OwnerReads {
  const probe = async (service: string, url: string) => {
    const { status } = await fetch(new URL('/livez', url), { signal: AbortSignal.timeout(PROBE_MS) });
    if (status !== 200) throw new Error(`the ${service} service answers ${status}`);
  };

  return {
    async ask(read, input, principal) {
      const url = urls[read.service];
      if (url === undefined) throw new Error(`nobody said where the reads of "${read.service}" are`);
      const response = await fetch(new URL(`/internal/reads/${read.name}`, url), {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${principal}` },
        body: JSON.stringify(input),
      }).catch(() => undefined);
      if (response?.status === 404) throw notFound();
      const body: unknown = response?.ok ? await response.json().catch(() => undefined) : undefined;
      if (body === undefined)
        throw new HttpProblem(503, 'OwnerUnavailable', `the ${read.service} service does not answer`);
      return read.output.parse(body) as Out<typeof read>;
    },
    probes: Object.fromEntries(
      Object.entries(urls).map(([service, url]) => [`${service}-reads`, () => probe(service, url)]),
    ),
  };
}
