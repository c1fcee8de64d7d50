import { defineActivity, defineContract } from '@adx/contract-kit';
import { z } from 'zod';

const UserId = z.uuid();
const ChannelId = z.uuid();

/** Registers the ways to reach a tenant's owner. */
const openChannels = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ userId: UserId, email: z.email().max(254) }),
  output: z.strictObject({ channelId: ChannelId }),
  /** The address's domain is on the suppression list. The address itself stays out of the error: it is personal. */
  errors: { AddressRejected: z.strictObject({ domain: z.string() }) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Sends the welcome mail. After the pivot: mail cannot be taken back. */
const sendWelcome = defineActivity({
  kind: 'retriable',
  effect: 'external',
  access: 'provisioning',
  input: z.strictObject({ userId: UserId, tenantName: z.string() }),
  output: z.strictObject({ messageId: z.string() }),
  bounds: { attempt: '20s', attempts: 10 },
});

export const notificationContract = defineContract({
  service: 'notification',
  taskQueue: 'notification',
  activities: { openChannels, sendWelcome },
});
