import { randomUUID } from 'node:crypto';
import { webhookUrlFault } from '../domain/webhook-url.ts';
import { notificationActivities } from './notification-activities.ts';

export const registerWebhook = notificationActivities.activity('registerWebhook', {
  run: async ({ input, tenantId, tx, fail, webhooks }) => {
    const reason = webhookUrlFault(input.url, webhooks.localHosts);
    if (reason) throw fail.EndpointRefused({ reason });
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
