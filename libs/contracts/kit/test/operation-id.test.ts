import fc from 'fast-check';
import { NO_TENANT, formatOperationId, parseOperationId } from '../src/index.ts';

const tenantId = '2f1f6b0e-6a3c-4a44-9a63-0d6a4f0b7c11';
const parts = { tenantId, workflowType: 'onboardTenant', key: 'a-B_9' };

test('an operation id shows its tenant, its type and its key, and needs no escaping in a path', () => {
  const id = formatOperationId(parts);
  expect(id).toBe(`${tenantId}:onboardTenant:a-B_9`);
  expect(new URL(`http://gateway/v1/operations/${id}`).pathname).toBe(`/v1/operations/${id}`);
});

test('its parts can be read back', () => {
  expect(parseOperationId(formatOperationId(parts))).toEqual(parts);
  expect(parseOperationId(formatOperationId({ ...parts, tenantId: NO_TENANT }))).toEqual({
    ...parts,
    tenantId: NO_TENANT,
  });
});

test('what a schedule has started has its time at the end of the key', () => {
  const scheduled = { ...parts, tenantId: NO_TENANT, key: 'user-retention-2026-11-28T00:44:26Z' };
  expect(parseOperationId(formatOperationId(scheduled))).toEqual(scheduled);
});

test.each([
  ['a tenant that is no uuid', { tenantId: 'acme' }],
  ['a tenant in upper case, which would be another id for the same tenant', { tenantId: tenantId.toUpperCase() }],
  ['a type with a separator in it', { workflowType: 'onboard:Tenant' }],
  ['a key with a separator in it', { key: 'a:b' }],
  ['a key with a separator behind its time', { key: 'a-2026-11-28T00:44:26Z:b' }],
  ['a key that ends the path', { key: 'a/cancellation' }],
  ['a key that begins a query', { key: 'a?b' }],
  ['an empty key', { key: '' }],
  ['a key of 129 characters', { key: 'k'.repeat(129) }],
  ['a key with a line break at its end', { key: 'a\n' }],
])('refuses %s', (_name, change) => {
  const wrong = { ...parts, ...change };
  expect(() => formatOperationId(wrong)).toThrow(RangeError);
  expect(parseOperationId(`${wrong.tenantId}:${wrong.workflowType}:${wrong.key}`)).toBeUndefined();
});

test('whatever can be formatted can be read back, and whatever can be read was formatted', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
  const workflowType = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,30}$/);
  fc.assert(
    fc.property(fc.uuid(), workflowType, key, (...[tenant, type, of]) => {
      const some = { tenantId: tenant, workflowType: type, key: of };
      expect(parseOperationId(formatOperationId(some))).toEqual(some);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = parseOperationId(`${tenantId}:onboardTenant:${text}`);
      expect(read === undefined ? undefined : formatOperationId(read)).toBe(
        read === undefined ? undefined : `${tenantId}:onboardTenant:${text}`,
      );
    }),
  );
});

test('the longest key is 128 characters', () => {
  expect(parseOperationId(formatOperationId({ ...parts, key: 'k'.repeat(128) }))?.key).toHaveLength(128);
});
