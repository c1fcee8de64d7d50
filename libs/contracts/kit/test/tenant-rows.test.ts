import {
  defineContract,
  defineSubjectErasure,
  defineTenantExport,
  defineTenantRemoval,
  tenantRowsOf,
} from '../src/index.ts';

const billing = defineContract({
  service: 'billing',
  taskQueue: 'billing',
  activities: { removeBillingRows: defineTenantRemoval(), eraseBillingSubject: defineSubjectErasure() },
  reads: { exportBillingRows: defineTenantExport() },
});

test('finds what a service answers for the rows of its tenants', () => {
  const rows = tenantRowsOf(billing);
  expect(rows.export).toBe(billing.reads.exportBillingRows);
  expect(rows.removal).toBe(billing.activities.removeBillingRows);
  expect(rows.erasure).toBe(billing.activities.eraseBillingSubject);
});

test.each([
  ['export', 'no exportOrdersRows; add it to its reads: exportOrdersRows: defineTenantExport()'],
  ['removal', 'no removeOrdersRows; add it to its activities: removeOrdersRows: defineTenantRemoval()'],
  ['erasure', 'no eraseOrdersSubject; add it to its activities: eraseOrdersSubject: defineSubjectErasure()'],
] as const)('names the contract without its %s, and what to add', (what, says) => {
  const orders = defineContract({ service: 'orders', taskQueue: 'orders', activities: {} });
  expect(() => tenantRowsOf(orders)[what]).toThrow(`the contract of "orders" has ${says}`);
});
