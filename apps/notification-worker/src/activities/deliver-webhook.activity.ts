import { webhookHost } from '../domain/webhook-host.ts';
import { notificationActivities } from './notification-activities.ts';
import { refuseSuspended } from './refuse-suspended.ts';

export const deliverWebhook = notificationActivities.activity('deliverWebhook', {
  prepare: async ({ input, tenantId, tx, fail }) => {
    await refuseSuspended(tx, tenantId);
    const { endpointId } = input;
    const endpoint = await tx.webhookEndpoint.findFirst({ where: { tenantId, endpointId } });
    if (!endpoint) throw fail.EndpointGone({ endpointId });
    return { endpointId, url: endpoint.url, secretName: endpoint.secretName };
  },
  call: async ({ input, prepared, key, tenantId, webhooks, callExternal }) => {
    const url = new URL(prepared.url);
    const { status } = await callExternal({
      host: webhookHost(tenantId, prepared, webhooks),
      method: 'POST',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: { type: input.type, data: input.data },
      // Becomes the `webhook-id`: the same at every attempt.
      idempotencyKey: key,
      secretRef: 'signing',
      ignoreBody: true,
    });
    return { webhookId: key, status };
  },
});
