import { tenantSecret } from '@adx/external-calls';
import type { RegisteredHost } from '@adx/external-calls';

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

/** An endpoint as a host that its tenant, and nobody else, may call. It fails and is busy on its own. */
export function webhookHost(tenantId: string, endpoint: WebhookEndpoint, settings: WebhookSettings): RegisteredHost {
  const { hostname, port } = new URL(endpoint.url);
  const from = tenantSecret(tenantId, endpoint.secretName, settings.secretFolder);
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
