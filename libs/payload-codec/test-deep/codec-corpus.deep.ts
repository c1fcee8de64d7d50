import { randomUUID } from 'node:crypto';
import { formatOperationId } from '@adx/contract-kit';
import type { Payload, SerializationContext } from '@temporalio/common';
import fc from 'fast-check';
import { PayloadCodecError, createPayloadCodec } from '../src/index.ts';
import type { TenantKeys } from '../src/index.ts';
import { createKeysDatabase } from '../test/keys-database.ts';
import type { KeysDatabase } from '../test/keys-database.ts';

// Every byte, every version and every pair of tenants, with the keys where they really are.

let database: KeysDatabase;
let keys: TenantKeys;
beforeAll(async () => {
  database = await createKeysDatabase();
  keys = database.connect();
});
afterAll(() => database.drop());

const processOf = (tenantId: string): SerializationContext => ({
  type: 'workflow',
  namespace: 'default',
  workflowId: formatOperationId({ tenantId, workflowType: 'onboardTenant', key: 'k' }),
});
const codecOf = (allowPlaintext = false) => createPayloadCodec({ keys, allowPlaintext });
const faultOf = (payload: Payload, tenantId: string, codec = codecOf()) =>
  codec.decode([payload], processOf(tenantId)).then(
    () => 'decoded',
    (error: unknown) => (error instanceof PayloadCodecError ? error.fault : String(error)),
  );
const hexOf = ({ metadata, data }: Payload) =>
  JSON.stringify([
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('hex')]),
    Buffer.from(data ?? []).toString('hex'),
  ]);
const payloads = fc.record({
  metadata: fc.dictionary(fc.string({ maxLength: 12 }), fc.uint8Array({ maxLength: 24 }), { maxKeys: 3 }),
  data: fc.uint8Array({ maxLength: 96 }),
});

test('of 40 payloads every byte, in every bit, is authenticated: nonce, tag, ciphertext and metadata', async () => {
  const tenant = randomUUID();
  let flipped = 0;
  for (const payload of fc.sample(payloads, 40)) {
    const [sealed] = await codecOf().encode([payload], processOf(tenant));
    const parts = { ...sealed!.metadata, data: sealed!.data! };
    for (const [part, bytes] of Object.entries(parts)) {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const altered =
          part === 'data'
            ? { ...sealed, data: changed }
            : { ...sealed, metadata: { ...sealed!.metadata, [part]: changed } };
        const fault = await faultOf(altered, tenant);
        if (fault === 'decoded') throw new Error(`bit ${bit} of ${part} of ${hexOf(payload)} was not noticed`);
        flipped += 1;
      }
    }
    expect(await faultOf(sealed!, tenant)).toBe('decoded');
  }
  expect(flipped).toBeGreaterThan(40 * 800);
}, 600_000);

test('what 30 tenants encrypted is readable by its tenant alone, whatever is swapped', async () => {
  const tenants = Array.from({ length: 30 }, () => randomUUID());
  const sealed = await Promise.all(
    tenants.map(async (tenant) => (await codecOf().encode([{ data: Buffer.from(tenant) }], processOf(tenant)))[0]!),
  );
  const faults = new Set<string>();
  for (const [a, tenant] of tenants.entries()) {
    for (const [b, theirs] of sealed.entries()) {
      if (a === b) {
        expect(await faultOf(theirs, tenant)).toBe('decoded');
        continue;
      }
      const mine = sealed[a]!;
      const swaps = [
        theirs,
        { ...theirs, metadata: { ...theirs.metadata, 'encryption-tenant': Buffer.from(tenant) } },
        { ...mine, data: theirs.data! },
        { ...mine, metadata: theirs.metadata! },
        { ...theirs, metadata: mine.metadata! },
      ];
      for (const swapped of swaps) faults.add(await faultOf(swapped, tenant));
    }
  }
  expect([...faults].sort()).toEqual(['KeyUnknown', 'Tampered', 'TenantMismatch']);
}, 300_000);

test('plaintext is refused in every disguise, and by nobody else than whoever migrates let through', () =>
  fc.assert(
    fc.asyncProperty(
      payloads,
      fc.oneof(fc.string({ maxLength: 24 }), fc.constantFrom('binary/Encrypted', 'binary/encrypted\0', 'json/plain')),
      async (payload, encoding) => {
        fc.pre(encoding !== 'binary/encrypted');
        const clear = { ...payload, metadata: { ...payload.metadata, encoding: Buffer.from(encoding) } };
        const tenant = randomUUID();
        expect(await faultOf(clear, tenant)).toBe('PlaintextRefused');
        expect(await faultOf(clear, tenant, codecOf(true))).toBe('decoded');
        // A label alone makes no ciphertext of it, not even for whoever lets plaintext pass.
        const labelled = { ...clear, metadata: { ...clear.metadata, encoding: Buffer.from('binary/encrypted') } };
        expect(['Malformed', 'KeyUnknown']).toContain(await faultOf(labelled, tenant, codecOf(true)));
      },
    ),
    { numRuns: 1_000 },
  ));

test('of 20 tenants with 1 to 6 versions every old and new payload is read, until the keys are destroyed', async () => {
  for (let count = 0; count < 20; count += 1) {
    const tenant = randomUUID();
    const versions = (count % 6) + 1;
    const written: { readonly payload: Payload; readonly clear: string }[] = [];
    for (let version = 1; version <= versions; version += 1) {
      const original = fc.sample(payloads, 1)[0]!;
      const [payload] = await codecOf().encode([original], processOf(tenant));
      expect(Buffer.from(payload!.metadata!['encryption-key-version']!).toString()).toBe(String(version));
      written.push({ payload: payload!, clear: hexOf(original) });
      if (version < versions) await keys.rotate(tenant);
    }
    for (const reader of [keys, database.connect()]) {
      const codec = createPayloadCodec({ keys: reader });
      for (const { payload, clear } of written) {
        const [read] = await codec.decode([payload], processOf(tenant));
        expect(hexOf(read!)).toBe(clear);
      }
    }
    const later = { ...written[0]!.payload.metadata, 'encryption-key-version': Buffer.from(String(versions + 1)) };
    expect(await faultOf({ ...written[0]!.payload, metadata: later }, tenant)).toBe('KeyUnknown');

    expect(await keys.destroy(tenant)).toBe(versions);
    for (const { payload } of written) expect(await faultOf(payload, tenant)).toBe('KeyDestroyed');
    await expect(codecOf().encode([{}], processOf(tenant))).rejects.toMatchObject({ fault: 'KeyDestroyed' });
  }
}, 300_000);
