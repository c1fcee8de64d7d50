import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { buildConnector } from 'undici';

/** Where a connection goes, and whom it trusts. */
export interface Dialled {
  /** Dialled as it is: no second look-up, so no second answer of a resolver. */
  readonly address: string;
  readonly port: number;
  /** Trusted besides the system's certificate authorities. PEM. */
  readonly ca: string | undefined;
  /** Ends a connection also while it is being made. */
  readonly signal: AbortSignal;
}

/**
 * A connector whose look-up knows one answer, the vetted address. The name stays what TLS is asked for and what the
 * certificate is checked against. It connects once: what undici would do again by itself is a call of its own.
 *
 * @param options.literal the host is an address itself, for which nobody looks anything up
 */
export function vettedConnector({
  address,
  port,
  ca,
  signal,
  literal,
}: Dialled & { readonly literal: boolean }): buildConnector.connector {
  const connect = buildConnector({
    lookup: only(address),
    signal,
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
    allowH2: false,
    maxCachedSessions: 0,
    timeout: 0,
  } as buildConnector.BuildOptions);
  let connected = false;
  return (options, done) => {
    if (connected) return done(Object.assign(new Error('one connection per call'), { code: 'ECONNRESET' }), null);
    connected = true;
    connect({ ...options, ...(literal ? { hostname: address } : {}), port: String(port) }, done);
  };
}

function only(address: string): LookupFunction {
  const family = isIP(address);
  return (_hostname, { all }, done) => {
    if (all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}
