import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { implementUploads } from '@adx/activity-middleware';
import type { UploadHandlers } from '@adx/activity-middleware';
import { defineContract, defineUpload } from '@adx/contract-kit';
import { z } from 'zod';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeTx } from './fake-ledger.ts';
import { TENANT, verifier } from './shop.ts';

const contract = defineContract({
  service: 'shop',
  taskQueue: 'shop',
  activities: {},
  uploads: {
    stockList: defineUpload({
      roles: ['owner'],
      mediaTypes: ['text/csv'],
      input: z.strictObject({ list: z.string() }),
      output: z.strictObject({ length: z.int() }),
    }),
  },
});
type StockList = UploadHandlers<typeof contract, FakeTx>['stockList'];

function open(handler: StockList) {
  const ledger = createFakeLedger();
  const { stockList } = implementUploads<typeof contract, FakeTx>(contract, { stockList: handler }).bind({
    verifier: verifier as never,
    ledger,
  });
  const send = (more: { input?: unknown; principal?: unknown; mediaType?: string | undefined } = {}) =>
    stockList!({
      input: { list: 'l' },
      principal: `principal of ${TENANT}`,
      mediaType: 'Text/CSV; charset=utf-8',
      body: Readable.from(['a,', 'b']),
      ...more,
    });
  return { send, ledger };
}

const readAll: StockList = async ({ body, transact }) => {
  await transact(async () => undefined);
  return { length: (await text(body)).length };
};

test('hands the body to its handler, whose transactions check access as effects do', async () => {
  const { send, ledger } = open(readAll);
  expect(await send()).toEqual({ length: 3 });
  expect(ledger.asked).toMatchObject([
    { method: 'look', request: { access: 'member', roles: ['owner'], principal: { tenantId: TENANT } } },
  ]);
});

test.each([
  ['a forged principal', { principal: 'forged' }, 'TenantAccessDenied'],
  ['no media type', { mediaType: undefined }, 'InvalidInput'],
  ['another media type', { mediaType: 'text/html' }, 'InvalidInput'],
  ['an input that is not of the contract', { input: { list: 7 } }, 'InvalidInput'],
])('refuses %s before the body is read', async (_what, more, type) => {
  let read = false;
  const { send } = open(async () => {
    read = true;
    return { length: 0 };
  });
  await expect(send(more)).rejects.toMatchObject({ type });
  expect(read).toBe(false);
});

test('does not answer what its contract does not declare', async () => {
  await expect(open(async () => ({ length: 'long' }) as never).send()).rejects.toThrow('invalid_type');
});

test('uploads without a handler are named when they are implemented', () => {
  expect(() => implementUploads(contract, {} as never)).toThrow(
    new TypeError('uploads of "shop" without a handler: stockList'),
  );
});

test('handlers of no upload are named', () => {
  const handlers = { stockList: readAll, priceList: readAll };
  expect(() => implementUploads<typeof contract, FakeTx>(contract, handlers)).toThrow(
    new TypeError('uploads of "shop" that its contract does not have: priceList'),
  );
});
