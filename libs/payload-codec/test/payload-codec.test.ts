import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { NO_TENANT, formatOperationId } from '@adx/contract-kit';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { FailureConverter, Payload, SerializationContext } from '@temporalio/common';
import fc from 'fast-check';
import { PayloadCodecError, createPayloadCodec, encryptingDataConverter } from '../src/index.ts';
import type { DataKey } from '../src/index.ts';
import { patientKeys } from '../src/patient-keys.ts';

const [ADA, BOB] = [randomUUID(), randomUUID()];
const text = (value: string) => Buffer.from(value);
const JSON_PAYLOAD: Payload = { metadata: { encoding: text('json/plain') }, data: text('"ada@acme.example"') };

/** Keys in memory: what Postgres keeps is the matter of `tenant-keys.test.ts`. */
function createKeys() {
  const all = new Map<string, DataKey[]>();
  const versions = (tenantId: string) => {
    const known = all.get(tenantId) ?? [];
    all.set(tenantId, known);
    if (known.length === 0) known.push(make(tenantId, 1));
    return known;
  };
  const make = (tenantId: string, version: number): DataKey => {
    return { tenantId, version, id: randomUUID(), key: createSecretKey(randomBytes(32)) };
  };
  return {
    current: async (tenantId: string) => versions(tenantId).at(-1)!,
    version: async (tenantId: string, version: number) => {
      const key = versions(tenantId)[version - 1];
      if (!key) throw new PayloadCodecError('KeyUnknown', 'there is none');
      return key;
    },
    rotate: (tenantId: string) => versions(tenantId).push(make(tenantId, versions(tenantId).length + 1)),
  };
}

const keys = createKeys();
const codec = createPayloadCodec({ keys });

const processOf = (tenantId: string): SerializationContext => ({
  type: 'workflow',
  namespace: 'default',
  workflowId: formatOperationId({ tenantId, workflowType: 'onboardTenant', key: 'k' }),
});
const encodeOne = async (payload: Payload, tenant = ADA) => (await codec.encode([payload], processOf(tenant)))[0]!;
const faultOf = (payload: Payload, context?: SerializationContext) =>
  codec.decode([payload], context).then(
    () => 'decoded',
    (error: unknown) => (error instanceof PayloadCodecError ? error.fault : error),
  );
/** Without the classes of buffers, which are no part of a payload. */
const plain = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([k, v]) => [k, Buffer.from(v).toString('hex')])),
  data: Buffer.from(data ?? []).toString('hex'),
});

test('gives back every payload as it was, metadata included, in its order', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          metadata: fc.dictionary(fc.string(), fc.uint8Array({ maxLength: 40 })),
          data: fc.uint8Array({ maxLength: 2_000 }),
        }),
        { maxLength: 5 },
      ),
      async (payloads) => {
        const encoded = await codec.encode(payloads, processOf(ADA));
        const decoded = await codec.decode(encoded, processOf(ADA));
        expect(decoded.map(plain)).toEqual(payloads.map(plain));
      },
    ),
    { numRuns: 200 },
  ));

test('says in its metadata which key it takes, and shows nothing of the payload', async () => {
  const { id } = await keys.current(ADA);
  const { metadata, data } = await encodeOne(JSON_PAYLOAD);
  expect(Object.fromEntries(Object.entries(metadata!).map(([k, v]) => [k, Buffer.from(v).toString()]))).toEqual({
    encoding: 'binary/encrypted',
    'encryption-key-id': id,
    'encryption-key-version': '1',
    'encryption-tenant': ADA,
  });
  expect(Buffer.from(data!).toString('latin1')).not.toMatch(/ada|json/);
});

test('never uses a nonce twice for the same payload', async () => {
  const many = await codec.encode(Array<Payload>(500).fill(JSON_PAYLOAD), processOf(ADA));
  expect(new Set(many.map(({ data }) => Buffer.from(data!.subarray(0, 12)).toString('hex'))).size).toBe(500);
  expect(new Set(many.map(({ data }) => Buffer.from(data!).toString('hex'))).size).toBe(500);
});

describe('refuses', () => {
  test('every single bit that was flipped in nonce, tag or ciphertext', async () => {
    const payload = await encodeOne(JSON_PAYLOAD);
    const bits = payload.data!.length * 8;
    for (let bit = 0; bit < bits; bit++) {
      const data = Buffer.from(payload.data!);
      data[bit >> 3]! ^= 1 << (bit & 7);
      expect(await faultOf({ ...payload, data }, processOf(ADA))).toBe('Tampered');
    }
  });

  test('every single bit that was flipped in any field of the metadata', async () => {
    const payload = await encodeOne(JSON_PAYLOAD);
    const seen = new Set<unknown>();
    for (const [field, value] of Object.entries(payload.metadata!)) {
      for (let bit = 0; bit < value.length * 8; bit++) {
        const changed = Buffer.from(value);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const altered = { ...payload, metadata: { ...payload.metadata, [field]: changed } };
        for (const context of [processOf(ADA), undefined]) seen.add(await faultOf(altered, context));
      }
    }
    expect(seen).not.toContain('decoded');
    expect([...seen].every((fault) => typeof fault === 'string')).toBe(true);
  });

  test('a field that was added, left out or renamed', async () => {
    const payload = await encodeOne(JSON_PAYLOAD);
    const { 'encryption-tenant': tenant, ...rest } = payload.metadata!;
    for (const metadata of [rest, { ...payload.metadata, note: text('x') }, { ...rest, tenant: tenant! }]) {
      expect(await faultOf({ ...payload, metadata })).toBe('Malformed');
    }
  });

  test('what was cut, at any length', async () => {
    const payload = await encodeOne(JSON_PAYLOAD);
    for (let length = 0; length < payload.data!.length; length++) {
      expect(await faultOf({ ...payload, data: payload.data!.subarray(0, length) })).toBe('Tampered');
    }
    expect(await faultOf({ metadata: payload.metadata! })).toBe('Tampered');
  });

  test('what was encrypted for another tenant, whatever its metadata say', async () => {
    const bobs = await encodeOne(JSON_PAYLOAD, BOB);
    expect(await faultOf(bobs, processOf(ADA))).toBe('TenantMismatch');
    const renamed = { ...bobs, metadata: { ...bobs.metadata, 'encryption-tenant': text(ADA) } };
    expect(await faultOf(renamed, processOf(ADA))).toBe('KeyUnknown');
    const adas = await encodeOne(JSON_PAYLOAD);
    expect(await faultOf({ ...adas, data: bobs.data! }, processOf(ADA))).toBe('Tampered');
    expect(await faultOf((await codec.encode([JSON_PAYLOAD]))[0]!, processOf(ADA))).toBe('TenantMismatch');
  });

  test('a mixture of two payloads of one tenant', async () => {
    const [one, other] = await codec.encode([JSON_PAYLOAD, JSON_PAYLOAD], processOf(ADA));
    const data = Buffer.concat([one!.data!.subarray(0, 28), other!.data!.subarray(28)]);
    expect(await faultOf({ ...one!, data })).toBe('Tampered');
  });

  test('plaintext in any disguise, unless a migration allows it', async () => {
    for (const encoding of ['json/plain', 'binary/plain', 'BINARY/ENCRYPTED', 'binary/encrypted ', '']) {
      const payload = { ...JSON_PAYLOAD, metadata: { encoding: text(encoding) } };
      expect(await faultOf(payload, processOf(ADA))).toBe('PlaintextRefused');
    }
    expect(await faultOf({ data: text('x') })).toBe('PlaintextRefused');
    const migrating = createPayloadCodec({ keys, allowPlaintext: true });
    expect(await migrating.decode([JSON_PAYLOAD], processOf(ADA))).toEqual([JSON_PAYLOAD]);
    const [fresh] = await migrating.encode([JSON_PAYLOAD], processOf(ADA));
    expect(Buffer.from(fresh!.metadata!['encoding']!).toString()).toBe('binary/encrypted');
  });

  test('without ever quoting what is in a payload', async () => {
    const error: unknown = await codec.decode([JSON_PAYLOAD], processOf(ADA)).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain(ADA);
    expect(`${(error as Error).stack}`).not.toContain('ada@acme.example');
  });
});

test('reads old versions after a rotation, and writes the new one', async () => {
  const tenant = randomUUID();
  const old = await encodeOne(JSON_PAYLOAD, tenant);
  keys.rotate(tenant);
  const fresh = await encodeOne(JSON_PAYLOAD, tenant);
  expect(Buffer.from(fresh.metadata!['encryption-key-version']!).toString()).toBe('2');
  expect((await codec.decode([old, fresh], processOf(tenant))).map(plain)).toEqual(
    [JSON_PAYLOAD, JSON_PAYLOAD].map(plain),
  );
  const moved = { ...old, metadata: { ...old.metadata, 'encryption-key-version': text('2') } };
  expect(await faultOf(moved, processOf(tenant))).toBe('KeyUnknown');
});

test('seals what an attempt leaves behind after the keys of its tenant, so that nobody reads it', async () => {
  const destroyed = () => Promise.reject(new PayloadCodecError('KeyDestroyed', 'for ever'));
  const late = createPayloadCodec({ keys: { current: destroyed, version: destroyed } });
  const { workflowId } = processOf(ADA) as { workflowId: string };
  const attempt: SerializationContext = { type: 'activity', namespace: 'default', workflowId, isLocal: false };
  const [sealed] = await late.encode([JSON_PAYLOAD], attempt);
  expect(Buffer.from(sealed!.data!).toString('latin1')).not.toContain('ada@');
  await expect(late.decode([sealed!], attempt)).rejects.toMatchObject({ fault: 'KeyDestroyed' });
  // Nor with a key of the same version, should there be one.
  expect(await faultOf(sealed!, processOf(ADA))).toBe('KeyUnknown');
  await expect(late.encode([JSON_PAYLOAD], processOf(ADA))).rejects.toMatchObject({ fault: 'KeyDestroyed' });
});

describe('a database of keys that does not answer', () => {
  const answersAt = (attempt: number, fault: 'KeysUnavailable' | 'KeyDestroyed' = 'KeysUnavailable') => {
    let asked = 0;
    const current = async (tenantId: string) => {
      asked += 1;
      if (asked < attempt) throw new PayloadCodecError(fault, 'not now');
      return keys.current(tenantId);
    };
    return { keys: { ...keys, current }, asked: () => asked };
  };
  const encodeWith = async (given: typeof keys, patienceMs: number) =>
    createPayloadCodec({ keys: patientKeys(given, patienceMs) })
      .encode([JSON_PAYLOAD], processOf(ADA))
      .then(
        () => 'encoded',
        (error: unknown) => (error instanceof PayloadCodecError ? error.fault : error),
      );

  test('is asked again, as long as there is patience', async () => {
    const database = answersAt(3);
    expect([await encodeWith(database.keys, 5_000), database.asked()]).toEqual(['encoded', 3]);
    expect(await encodeWith(answersAt(1_000).keys, 600)).toBe('KeysUnavailable');
  });

  test('but not where nobody waits, nor for what another attempt does not change', async () => {
    const database = answersAt(2);
    expect([await encodeWith(database.keys, 0), database.asked()]).toEqual(['KeysUnavailable', 1]);
    const destroyed = answersAt(2, 'KeyDestroyed');
    expect([await encodeWith(destroyed.keys, 5_000), destroyed.asked()]).toEqual(['KeyDestroyed', 1]);
  });

  test('is told in clear, as it cannot be told in any other way; what else failed is not', () => {
    const { failureConverterPath } = encryptingDataConverter(codec);
    const { failureConverter } = createRequire(import.meta.url)(failureConverterPath!) as {
      failureConverter: FailureConverter;
    };
    const failureOf = (error: unknown) => failureConverter.errorToFailure(error, defaultPayloadConverter);
    const thrown = new PayloadCodecError('KeysUnavailable', 'try again');
    for (const error of [thrown, ApplicationFailure.fromError(thrown)]) {
      const failure = failureOf(error);
      expect(failure).toMatchObject({ message: 'KeysUnavailable: try again' });
      expect(failure.encodedAttributes).toBeUndefined();
    }
    const other = failureOf(new Error('ada@acme.example'));
    expect(other.message).toBe('Encoded failure');
    expect(other.encodedAttributes).toBeDefined();
  });
});

describe('the tenant of a payload', () => {
  const tenantIn = ({ metadata }: Payload) => Buffer.from(metadata!['encryption-tenant']!).toString();
  const { workflowId } = processOf(ADA);

  test.each<[string, SerializationContext | undefined, string]>([
    ['of a process is in its operation id', processOf(ADA), ADA],
    [
      'of an activity is that of its process',
      { type: 'activity', namespace: 'd', isLocal: false, workflowId: workflowId! },
      ADA,
    ],
    [
      'of a process with another kind of id is the platform',
      { type: 'workflow', namespace: 'd', workflowId: 'x' },
      NO_TENANT,
    ],
    [
      'of an activity without a process is the platform',
      { type: 'activity', namespace: 'd', isLocal: false },
      NO_TENANT,
    ],
    ['of what has no context is the platform', undefined, NO_TENANT],
  ])('%s', async (_name, context, expected) => {
    const [encoded] = await codec.encode([JSON_PAYLOAD], context);
    expect(tenantIn(encoded!)).toBe(expected);
    expect((await codec.decode([encoded!], context)).map(plain)).toEqual([plain(JSON_PAYLOAD)]);
  });
});
