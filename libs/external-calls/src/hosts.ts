import { failure } from '@adx/contract-kit';

/** Where the value of a secret is. Read anew at every call, so that a rotated value needs no restart. */
export type SecretReference = `env:${string}` | `file:${string}`;

/** A secret of a host: where its value is, and what is done with it. Never the value. */
export type HostSecret = { readonly from: SecretReference } & (
  | {
      /** The header that carries it. */
      readonly header: string;
      /** Written before the value, as in `Bearer `. */
      readonly prefix?: string;
    }
  /** Signs the body, with the idempotency key as `webhook-id`: https://www.standardwebhooks.com. It is not sent. */
  | { readonly signs: 'standard-webhooks' }
);

/** A system that activities may call. */
export interface RegisteredHost {
  /** Names it in calls, messages and metrics: one for each system, never one for each tenant. */
  readonly service: string;
  /** What fails and is busy on its own, for breaker and bulkhead; the service by default. */
  readonly lane?: string;
  /** As `URL` writes it: lower case, no port, no userinfo, an international name in its ASCII form. */
  readonly hostname: string;
  /** Only when it is not the port of the scheme. */
  readonly port?: number;
  /** Who may call it. */
  readonly tenants: 'all' | readonly string[];
  /** By name; a call names one. Bound to the host here, so that no handler can send it to another one. */
  readonly secrets?: Readonly<Record<string, HostSecret>>;
  /** A part of a test or a dev stack on this machine: loopback addresses only, over plain http or over TLS. */
  readonly local?: 'http' | 'https';
}

/** The hosts that a tenant may call. */
export interface HostRegistry {
  find(tenantId: string, service: string): RegisteredHost | undefined;
}

/**
 * The hosts of one service's configuration.
 *
 * @param options.allowLocal outside production only
 * @throws TypeError naming every host that must not be registered, and why
 */
export function createHostRegistry(
  hosts: readonly RegisteredHost[],
  { allowLocal = false }: { readonly allowLocal?: boolean } = {},
): HostRegistry {
  const faults = hosts.flatMap((host, index) => {
    const own = hostFaults(host);
    if (host.local && !allowLocal) own.push('is local, which is for tests and dev stacks only');
    if (hosts.findIndex(({ service }) => service === host.service) !== index) own.push('is registered twice');
    return own.map((fault) => `${host.service}: ${fault}`);
  });
  if (faults.length > 0) throw new TypeError(`external hosts that cannot be registered:\n  - ${faults.join('\n  - ')}`);
  const byService = new Map(hosts.map((host) => [host.service, host]));
  return {
    find(tenantId, service) {
      const host = byService.get(service);
      return host && (host.tenants === 'all' || host.tenants.includes(tenantId)) ? host : undefined;
    },
  };
}

/**
 * The URL of a call. The host is vetted again: a registry may come from somewhere else than a configuration.
 *
 * @throws SsrfBlocked when the host is not a plain name, or the path leads away from it
 */
export function callUrl(host: RegisteredHost, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const [fault] = hostFaults(host);
  if (fault) throw failure('SsrfBlocked', `${host.service}: ${fault}`);
  const base = baseOf(host)!;
  // Dot segments would leave the part of the interface that the handler meant.
  const plain = /^\/(?!\/)[^\\?#\s]*$/.test(path) && !/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path);
  const url = plain ? new URL(path, base) : undefined;
  if (url?.origin !== base.origin) {
    throw failure('SsrfBlocked', `${host.service}: a path begins with one "/", and has no dot segments, "?" or "#"`);
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  return url;
}

const SERVICE = /^[a-z][a-z0-9-]{0,62}$/;

function hostFaults(host: RegisteredHost): string[] {
  const faults: string[] = [];
  if (host.lane !== undefined && !SERVICE.test(host.lane)) faults.push('a lane is named like a service');
  if (!SERVICE.test(host.service)) faults.push('a service is named by a-z, 0-9 and "-"');
  if (host.port !== undefined && !(Number.isInteger(host.port) && host.port > 0 && host.port < 65_536)) {
    faults.push(`${host.port} is no port`);
  }
  // Whatever `URL` would read in another way than it is written is refused: userinfo, ports, paths, short, octal,
  // decimal and hex addresses, upper case, other scripts.
  if (baseOf(host)?.hostname !== host.hostname || host.hostname === '') {
    faults.push('a hostname is written as URLs write it, without scheme, userinfo, port or path');
  }
  return faults;
}

function baseOf({ hostname, port, local }: RegisteredHost): URL | undefined {
  const text = `${local ?? 'https'}://${hostname}${port === undefined ? '' : `:${port}`}/`;
  return URL.canParse(text) ? new URL(text) : undefined;
}
