import { compareContracts } from '../src/compare.ts';
import { refusals, snapshotOfShop } from './planted.ts';
import type { Case } from './planted.ts';

const REFUSED: readonly Case[] = [
  ['an activity that is gone', { look: undefined }, 'shop.activities.look: is gone; keep it'],
  ['a workflow that is gone', { tour: undefined }, 'shop.workflows.tour: is gone; keep it'],
  ['a read that is gone', { getHall: undefined }, 'shop.reads.getHall: is gone; keep it'],
  ['an event that is gone', { hallOpened: undefined }, 'shop.events.hallOpened: is gone; keep it'],
  ['an upload that is gone', { sendPlan: undefined }, 'shop.uploads.sendPlan: is gone; keep it'],
  ['an error that is gone', { sell: { errors: {} } }, 'shop.activities.sell errors.SoldOut: is gone; keep the error'],
  ['a signal that is gone', { tour: { signals: {} } }, 'shop.workflows.tour signals.boarded: is gone; keep the signal'],
  ['another queue', { taskQueue: 'market' }, 'shop.taskQueue: is market, and was shop'],
  [
    'another kind',
    { sell: { kind: 'retriable' } },
    'shop.activities.sell kind: is retriable, and was compensatable; give the activity a new name: sell2',
  ],
  ['another effect', { sell: { effect: 'external' } }, 'shop.activities.sell effect: is external, and was database'],
  ['another access', { sell: { access: 'lifecycle' } }, 'shop.activities.sell access: is lifecycle'],
  [
    'another pattern',
    { tour: { pattern: 'resilient' } },
    'shop.workflows.tour pattern: is resilient, and was saga; give the workflow a new name: tour2',
  ],
  [
    'another identity',
    { tour: { identity: () => 'one' } },
    'shop.workflows.tour identity: is business-key, and was request',
  ],
  ['a role that is taken away', { sell: { roles: ['owner'] } }, 'shop.activities.sell roles: no longer has clerk'],
  [
    'a receiver that is no longer told',
    { seatSold: { to: ['mail'] } },
    'shop.events.seatSold to: no longer has billing',
  ],
  [
    'a media type that is no longer taken',
    { sendPlan: { mediaTypes: ['text/csv'] } },
    'shop.uploads.sendPlan mediaTypes: no longer has text/plain',
  ],
];

test.each(REFUSED)('refuses %s', (_name, planted, refusal) => {
  const refused = refusals(planted);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toContain(refusal);
});

test('refuses nothing where nothing changed, and says what is new', () => {
  const [before, now] = [snapshotOfShop({ look: undefined }), snapshotOfShop()];
  expect(compareContracts(now, now)).toEqual({ refused: [], added: [] });
  expect(compareContracts(before, now)).toEqual({ refused: [], added: ['activities.look'] });
});
