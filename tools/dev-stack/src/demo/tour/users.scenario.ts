import type { Scenario } from '../stage.ts';
import { completed, failedFor, openTenant, run } from './processes.ts';

export const usersChanged: Scenario = {
  name: 'a user is created, changed and deleted, and the last owner is not',
  shows: ['createUser', 'updateUser', 'deleteUser'],
  async play(stage) {
    const { owner, ownerId } = await openTenant(stage, 'hooli');
    const created = await run(owner, 'POST /v1/users', { email: 'bo@hooli.example' });
    const { userId } = created.result as { readonly userId: string };
    const user = `/v1/users/${userId}`;
    const asCreated = (await owner.get(user)).body;
    const changed = await run(owner, `PATCH ${user}`, { email: 'bob@hooli.example', role: 'owner' });
    const asChanged = (await owner.get(user)).body;
    const deleted = await run(owner, `DELETE ${user}`);
    const gone = await owner.get(user);
    const kept = await run(owner, `DELETE /v1/users/${ownerId}`);
    return {
      operation: created,
      others: [changed, deleted, kept],
      checks: {
        'created, changed and deleted': [created, changed, deleted].every(completed),
        'shown as it was created': asCreated['email'] === 'bo@hooli.example' && asCreated['role'] === 'member',
        'shown as it was changed': asChanged['email'] === 'bob@hooli.example' && asChanged['role'] === 'owner',
        'not there any more': gone.status === 404,
        'the last owner stays':
          failedFor(kept, 'user.LastOwner') && (await owner.get(`/v1/users/${ownerId}`)).status === 200,
      },
      evidence: { userId, afterDeletion: gone.status, lastOwner: kept.error?.type },
    };
  },
};
