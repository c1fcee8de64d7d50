import { randomUUID } from 'node:crypto';
import { accessRows } from '@adx/persistence';
import { suppressedDomain } from '../domain/suppression.ts';
import { notificationActivities } from './notification-activities.ts';

export const openChannels = notificationActivities.activity('openChannels', {
  run: async ({ input, tenantId, tx, fail, suppressedDomains }) => {
    const domain = suppressedDomain(input.email, suppressedDomains);
    if (domain) throw fail.AddressRejected({ domain });
    const channelId = randomUUID();
    await tx.channel.create({
      data: { tenantId, channelId, userId: input.userId, kind: 'email', address: input.email },
    });
    // Until the pivot says otherwise; who the members are, the user service tells.
    await accessRows(tx).openTenant('pending');
    return { channelId };
  },
  undo: async ({ output, tenantId, tx }) => {
    await accessRows(tx).closeTenant();
    await tx.channel.deleteMany({ where: { tenantId, channelId: output.channelId } });
  },
});
