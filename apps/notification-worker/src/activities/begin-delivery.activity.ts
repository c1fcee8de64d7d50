import { failure } from '@adx/contract-kit';
import { suppressedDomain } from '../domain/suppression.ts';
import { notificationActivities } from './notification-activities.ts';

export const beginDelivery = notificationActivities.activity('beginDelivery', {
  run: async ({ input, tenantId, tx, fail, operationId, suppressedDomains }) => {
    const { notificationId, to } = input;
    if (to.channel === 'email') {
      const domain = suppressedDomain(to.address, suppressedDomains);
      if (domain) throw fail.AddressRejected({ domain });
    } else {
      const { endpointId } = to;
      const endpoint = await tx.webhookEndpoint.findFirst({ where: { tenantId, endpointId } });
      if (!endpoint) throw fail.EndpointGone({ endpointId });
    }
    const message = await tx.notification.findFirst({ where: { tenantId, notificationId } });
    if (!message) throw failure('NotFound', 'no such notification');
    const place = to.channel === 'email' ? 'email' : to.endpointId;
    const { count } = await tx.notificationDelivery.createMany({
      data: [{ tenantId, notificationId, place, operationId }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.DeliveryBegun({});
    const { userId, subject, body, sentAt } = message;
    return { userId, subject, body, sentAt: sentAt.toISOString() };
  },
});
