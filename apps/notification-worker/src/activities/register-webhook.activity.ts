import { randomUUID } from 'node:crypto';
import { publicUrlFault } from '@adx/external-calls';
import { notificationActivities } from './notification-activities.ts';

/** Each is a process for every message to them. */
const MOST_ENDPOINTS = 20;

export const registerWebhook = notificationActivities.activity('registerWebhook', {
  run: async ({ input, tenantId, tx, fail, webhooks }) => {
    const reason = publicUrlFault(input.url, webhooks.localHosts);
    if (reason) throw fail.EndpointRefused({ reason });
    // One registration of the tenant at a time, or two would find the last place free.
    await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`webhook_endpoint/${tenantId}`}, 0))::text`;
    if ((await tx.webhookEndpoint.count({ where: { tenantId } })) >= MOST_ENDPOINTS) {
      throw fail.EndpointRefused({ reason: `there are ${MOST_ENDPOINTS} already` });
    }
    const endpointId = randomUUID();
    const { count } = await tx.webhookEndpoint.createMany({
      data: [{ tenantId, endpointId, url: new URL(input.url).href, secretName: input.secretName }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.EndpointRefused({ reason: 'it is registered already' });
    return { endpointId };
  },
  undo: async ({ output, tenantId, tx }) => {
    await tx.webhookEndpoint.deleteMany({ where: { tenantId, endpointId: output.endpointId } });
  },
});
