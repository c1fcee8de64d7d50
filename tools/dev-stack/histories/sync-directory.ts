import { MISBEHAVIOURS, openTenant, operatorPrincipal, startProcessAs, startTestDirectories } from '@adx/testing';
import type { Listing, Misbehaviour, TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import { ended, until } from './lived.ts';
import type { Lived, Recorded } from './lived.ts';

/** Where the workers of the recording find directories; they are started with its `env`. */
export const directories = await startTestDirectories();

const PAGES = [[{ email: 'ann@list.example' }], [{ email: 'bo@list.example', role: 'owner' }]];
const PAGE = 'syncDirectoryPage~2';

/** What the sync of a directory may have lived through. */
export const syncDirectory: Recorded = {
  app: 'user-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await sync(platform)),
    'completed-after-recoveries': async (platform) =>
      ended(platform, await sync(platform, MISBEHAVIOURS['answers with another page'], 2)),
    'completed-with-errors-after-a-page-set-aside': async (platform) =>
      ended(platform, await sync(platform, MISBEHAVIOURS['answers with what was not agreed'])),
    'completed-after-an-answer-to-retry': (platform) => answered(platform, 'retry', 'refuses the token', 1),
    'completed-with-errors-after-an-answer-to-skip': (platform) =>
      answered(platform, 'skip', 'answers with what is no JSON', 60),
    'compensated-after-giving-up': (platform) => answered(platform, 'give-up', 'refuses the token', 60),
    'compensated-after-a-declared-error': async (platform) =>
      ended(
        platform,
        await sync(
          platform,
          undefined,
          0,
          Array.from({ length: 51 }, () => []),
        ),
      ),
    'compensated-after-a-suspension': async (platform) => {
      const { superuser } = platform.database;
      const started = await sync(platform, (_response, ok) =>
        superuser
          .query(`update "user".access_tenant set status = 'suspended' where status = 'active'`)
          .then(() => ok()),
      );
      return ended(platform, started);
    },
    'cancelled-during-a-page': async (platform) => {
      const started = await sync(platform, MISBEHAVIOURS.hangs, 60);
      await until(() => started.listing.asked.length > 2);
      await platform.operations.cancel(started.operationId);
      return ended(platform, started);
    },
    'cancelled-while-a-person-is-waited-for': async (platform) => {
      const started = await sync(platform, MISBEHAVIOURS['refuses the token']);
      await parked(platform, started);
      await platform.operations.cancel(started.operationId);
      return ended(platform, started);
    },
    'timed-out-while-a-person-is-waited-for': async (platform) =>
      ended(platform, await sync(platform, MISBEHAVIOURS['refuses the token'], 60, PAGES, 0.00001)),
    'failed-with-effects-left-behind': async (platform) => {
      platform.faults.set({
        activity: 'syncDirectoryPage',
        mode: 'undo',
        point: 'before-transaction',
        action: { kind: 'failure', type: 'UndoImpossible' },
        skip: 1,
      });
      const started = await sync(platform, MISBEHAVIOURS['refuses the token']);
      await parked(platform, started);
      await answer(platform, started, PAGE, 'give-up');
      await until(async () => (await platform.operations.get(started.operationId))?.attention?.[0]?.phase === 'undo');
      await answer(platform, started, 'syncDirectoryPage', 'give-up');
      return ended(platform, started);
    },
  },
};

interface Started extends Lived {
  readonly tenantId: string;
  readonly listing: Listing;
}

async function sync(
  platform: TestPlatform,
  how?: Misbehaviour,
  times = 1,
  pages: Listing['pages'] = PAGES,
  boundsScale = 0.01,
): Promise<Started> {
  const { tenantId, ownerId: userId } = await openTenant(platform);
  const listing = await directories.list(platform.database, tenantId, pages);
  if (how) listing.misbehave(2, ...Array.from({ length: times }, () => how));
  const { directoryId } = listing;
  const who = { tenantId, userId, boundsScale };
  return {
    ...(await startProcessAs(platform, who, userContract.workflows.syncDirectory, { directoryId })),
    listing,
  };
}

async function parked(platform: TestPlatform, { operationId }: Started): Promise<void> {
  await until(async () => (await platform.operations.get(operationId))?.status === 'needs-attention');
}

async function answer(
  platform: TestPlatform,
  { operationId, tenantId }: Started,
  step: string,
  action: 'retry' | 'skip' | 'give-up',
): Promise<void> {
  await platform.operations.resolve(operationId, {
    resolution: { step, action, reason: 'recorded', fingerprint: 'f' },
    call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
    updateId: `${step}/${action}`,
  });
}

async function answered(
  platform: TestPlatform,
  action: 'retry' | 'skip' | 'give-up',
  how: keyof typeof MISBEHAVIOURS,
  times: number,
): Promise<Lived> {
  const started = await sync(platform, MISBEHAVIOURS[how], times);
  await parked(platform, started);
  await answer(platform, started, PAGE, action);
  return ended(platform, started);
}
