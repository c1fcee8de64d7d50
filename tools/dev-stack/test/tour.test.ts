import { gatewayContract } from '@adx/gateway-contract';
import { SERVICES_BY_NAME } from '@adx/testing';
import { onboards } from '../src/demo/onboarding.scenarios.ts';
import { TOUR } from '../src/demo/tour/tour.ts';

test('the demo and its tour show every process of the platform', () => {
  const contracts = [...Object.values(SERVICES_BY_NAME).map(({ contract }) => contract), gatewayContract];
  const processes = new Set(contracts.flatMap(({ workflows }) => Object.keys(workflows)));
  // A story that does not show what it says fails when it is told.
  const shown = new Set([onboards, ...TOUR].flatMap(({ shows }) => shows));
  expect([...shown].sort()).toEqual([...processes].sort());
});

test('stories have different names, by which a result is found', () => {
  const names = TOUR.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
