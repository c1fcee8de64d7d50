import type { Scenario } from '../stage.ts';
import { completed, failedFor, openTenant, run } from './processes.ts';

export const webhookRegistered: Scenario = {
  name: 'an endpoint for webhooks, and one that is refused',
  says: [
    'Only public https addresses are called, and the dev stack has no receiver at one: nothing is delivered here.',
  ],
  shows: ['addWebhook'],
  async play(stage) {
    const { owner } = await openTenant(stage, 'aperture');
    const register = (url: string) => run(owner, 'POST /v1/webhooks', { url, secretName: 'hooks' });
    const url = 'https://hooks.aperture.example/adx';
    const operation = await register(url);
    const again = await register(url);
    const local = await register('https://127.0.0.1/adx');
    return {
      operation,
      others: [again, local],
      checks: {
        completed: completed(operation),
        'the same one again is refused': failedFor(again, 'notification.EndpointRefused'),
        'an address that is not public is refused': failedFor(local, 'notification.EndpointRefused'),
      },
      evidence: { again: again.error?.type, local: local.error?.type },
    };
  },
};
