import { footprint, startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());

test('onboards a tenant across three services', async () => {
  const onboarding = await startOnboarding(platform);
  await platform.operations.ended(onboarding.operationId, 15_000);
  console.log(JSON.stringify(await platform.operations.get(onboarding.operationId), null, 1));
  console.log(JSON.stringify(await footprint(platform, onboarding), null, 1), platform.inbox.messages());
  console.log(platform.log.map((l) => JSON.stringify(l)).join('\n'));
});
