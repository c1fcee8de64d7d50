import { tenantSecret } from '@adx/external-calls';
import type { HandlerCall, RegisteredHost } from '@adx/external-calls';
import { DIRECTORY_PAGE_USERS } from '@adx/user-contract';

/** What a row says of a directory. */
export interface Directory {
  readonly directoryId: string;
  readonly url: string;
  readonly secretName: string;
}

/** How the service finds secrets, and which names of this machine it may call. */
export interface DirectorySettings {
  /** Holds `<tenant id>/<name>`; without it secrets are in the environment. */
  readonly secretFolder?: string;
  readonly localHosts: readonly string[];
}

/** The call for a page of a directory, which its tenant, and nobody else, may make. It fails and is busy on its own. */
export function directoryCall(
  tenantId: string,
  directory: Directory,
  page: number,
  { secretFolder, localHosts }: DirectorySettings,
): HandlerCall {
  const { hostname, port, pathname, searchParams } = new URL(directory.url);
  const host: RegisteredHost = {
    service: 'directory',
    lane: `directory-${directory.directoryId}`,
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    tenants: [tenantId],
    secrets: {
      token: {
        from: tenantSecret(tenantId, directory.secretName, secretFolder),
        header: 'authorization',
        prefix: 'Bearer ',
      },
    },
    ...(localHosts.includes(hostname) ? { local: 'https' as const } : {}),
  };
  const query = { ...Object.fromEntries(searchParams), page: String(page), size: String(DIRECTORY_PAGE_USERS) };
  return { host, method: 'GET', path: pathname, query, secretRef: 'token' };
}
