import { needsAttention } from '@adx/worker-runtime';
import { notificationActivities } from './notification-activities.ts';

export const checkAttention = notificationActivities.activity('checkAttention', {
  // One question of milliseconds: the transaction that is open meanwhile holds nothing.
  run: async () => ({ waits: await needsAttention() }),
});
