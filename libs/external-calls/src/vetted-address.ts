import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failure } from '@adx/contract-kit';
import { isLoopbackAddress, isPublicAddress } from './address.ts';

/** All addresses of a host name; a literal address does not get here. */
export type Resolver = (hostname: string) => Promise<readonly string[]>;

/** The system's resolver, with its `hosts` file: what a socket would use by itself. */
export const systemResolver: Resolver = async (hostname) =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * The address to dial. It is resolved once and handed to the socket as it was vetted: a second look-up could answer
 * otherwise. One forbidden address among several refuses the host: it is not a public host then.
 *
 * IPv4 comes first: a host without IPv6 connectivity is common, and there is one call per attempt.
 *
 * @throws SsrfBlocked when an address must not be reached
 */
export async function vettedAddress(options: {
  /** As `URL` writes it: an IPv6 literal is in brackets. */
  readonly hostname: string;
  readonly local: boolean;
  readonly resolver: Resolver;
}): Promise<string> {
  const { hostname, local, resolver } = options;
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const addresses = isIP(bare) ? [bare] : await resolver(bare);
  const allowed = local ? isLoopbackAddress : isPublicAddress;
  // The address stays out of the message: it would tell a caller how the network inside looks.
  if (addresses.length === 0 || !addresses.every(allowed)) {
    throw failure('SsrfBlocked', `${hostname} resolves to an address that calls must not reach`);
  }
  return addresses.find((address) => !address.includes(':')) ?? addresses[0]!;
}
