import type { RegisteredHost, SecretReference } from '@adx/external-calls';

/** What a row says of an endpoint. */
export interface WebhookEndpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly secretName: string;
}

/** How the service finds secrets, and which names of this machine it may call. */
export interface WebhookSettings {
  /** Holds `<tenant id>/<name>`; without it secrets are in the environment. */
  readonly secretFolder?: string;
  readonly localHosts: readonly string[];
}

/**
 * The place of a tenant's secret. It follows from the tenant: no name leads to the secret of another tenant, with which
 * this one could sign what the other one's receiver believes.
 */
export function secretReference(tenantId: string, name: string, folder: string | undefined): SecretReference {
  if (folder !== undefined) return `file:${folder}/${tenantId}/${name}`;
  return `env:ADX_SECRET_${tenantId.replaceAll('-', '').toUpperCase()}_${name.toUpperCase()}`;
}

/** An endpoint as a host that its tenant, and nobody else, may call. It fails and is busy on its own. */
export function webhookHost(tenantId: string, endpoint: WebhookEndpoint, settings: WebhookSettings): RegisteredHost {
  const { hostname, port } = new URL(endpoint.url);
  const from = secretReference(tenantId, endpoint.secretName, settings.secretFolder);
  return {
    service: 'webhook',
    lane: `webhook-${endpoint.endpointId}`,
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    tenants: [tenantId],
    secrets: { signing: { from, signs: 'standard-webhooks' } },
    ...(settings.localHosts.includes(hostname) ? { local: 'https' as const } : {}),
  };
}
