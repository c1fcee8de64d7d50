import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { footprint, projected, sagaMatrix, startOnboarding, startTestPlatform } from '@adx/testing';
import type { Onboarding } from '@adx/testing';
import { userContract } from '@adx/user-contract';

// Every step of the onboarding meets every kind of failure, and every undo does. For each: how it ends, in which order it
// is undone, what is left in the three services, and what their ledgers say. Each test also proves that its fault fired.

const platform = await startTestPlatform();
afterAll(() => platform.stop());

const NOTHING = { rows: { tenants: 0, users: 0, channels: 0 }, accessRows: 0 };
const EVERYTHING = { rows: { tenants: 1, users: 1, channels: 1 }, accessRows: 6 };

async function traces(process: { readonly tenantId: string; readonly operationId: string } | undefined) {
  if (!process) return NOTHING;
  // What others were told of the tenant, they are told is over.
  await projected(platform.database, process.tenantId);
  const { rows, accessRows } = await footprint(platform, process);
  return { rows: { ...rows }, accessRows };
}

const mailsTo = (address: string) => platform.inbox.messages().filter(({ to }) => to === address);

describe(
  'onboardTenant',
  await sagaMatrix({
    platform,
    contracts: [tenantContract, userContract, notificationContract],
    crashes: 'process',
    // One mailbox for each onboarding: a welcome mail is counted by it.
    given: async () => `ada-${crypto.randomUUID()}@acme.example`,
    start: (ownerEmail, boundsScale) =>
      startOnboarding(platform, { ownerEmail, ...(boundsScale === undefined ? {} : { boundsScale }) }),
    traces: (_ownerEmail, process) => traces(process),
    whole: async (ownerEmail, process) => {
      expect(await traces(process as Onboarding)).toEqual(EVERYTHING);
      expect(mailsTo(ownerEmail)).toHaveLength(1);
    },
  }),
);

test('the onboarding has the steps that it has always had', async () => {
  const onboarding = await startOnboarding(platform);
  expect(await platform.operations.ended(onboarding.operationId, 60_000)).toBe(true);
  const { effects } = await footprint(platform, onboarding);
  expect(effects).toEqual(['reserveTenant', 'createOwner', 'openChannels', 'activateTenant', 'sendWelcome']);
});
