import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';
// CommonJS whose names Node cannot see from outside.
import proto from '@temporalio/proto';
import { PayloadCodecError } from './codec-error.ts';
import { NONCE_BYTES, TAG_BYTES } from './key-provider.ts';
import type { DataKey } from './tenant-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** The encoding of everything that this codec writes, as Temporal's own samples name it. */
export const ENCRYPTED = 'binary/encrypted';

/** Which key opens a payload, as its metadata says. Nothing of it is trusted before the ciphertext was opened. */
export interface KeyReference {
  readonly tenantId: string;
  readonly version: number;
  readonly keyId: string;
}

const FIELDS = ['encoding', 'encryption-key-id', 'encryption-key-version', 'encryption-tenant'] as const;
type Metadata = Record<(typeof FIELDS)[number], Uint8Array>;

/** Encrypts a payload with its metadata. `data` is nonce, tag, ciphertext. */
export function seal(payload: Payload, { tenantId, version, id, key }: DataKey): Payload {
  const metadata: Metadata = {
    encoding: encode(ENCRYPTED),
    'encryption-key-id': encode(id),
    'encryption-key-version': encode(String(version)),
    'encryption-tenant': encode(tenantId),
  };
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticated(metadata));
  const sealed = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
  return { metadata, data: Buffer.concat([nonce, cipher.getAuthTag(), sealed]) };
}

/** Opens what {@link seal} made. @throws PayloadCodecError `Tampered` */
export function open(payload: Payload, { tenantId, version, key }: DataKey): Payload {
  const data = payload.data ?? new Uint8Array();
  let plain: Uint8Array;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(authenticated(payload.metadata as Metadata));
    decipher.setAuthTag(data.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    plain = Buffer.concat([decipher.update(data.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw new PayloadCodecError(
      'Tampered',
      `a payload of tenant ${tenantId} does not open with version ${version} of its key: it is not what was written`,
    );
  }
  const { metadata, data: inner } = PayloadMessage.decode(plain);
  return { metadata, data: inner };
}

export function isEncrypted({ metadata }: Payload): boolean {
  return metadata?.['encoding'] !== undefined && decode(metadata['encoding']) === ENCRYPTED;
}

/** @throws PayloadCodecError `Malformed` when it is not the form that {@link seal} writes, and nothing but that */
export function keyReference({ metadata }: Payload): KeyReference {
  const names = Object.keys(metadata ?? {}).sort();
  if (names.join() !== [...FIELDS].sort().join()) {
    throw new PayloadCodecError(
      'Malformed',
      `an encrypted payload has the metadata ${FIELDS.join(', ')}, no more, no less`,
    );
  }
  const text = (field: (typeof FIELDS)[number]) => Buffer.from(metadata![field]!).toString('latin1');
  const [tenantId, keyId, version] = [
    text('encryption-tenant'),
    text('encryption-key-id'),
    text('encryption-key-version'),
  ];
  if (!UUID.test(tenantId) || !UUID.test(keyId) || !/^[1-9]\d{0,8}$/.test(version)) {
    throw new PayloadCodecError('Malformed', 'the metadata of an encrypted payload name no tenant, key id and version');
  }
  return { tenantId, keyId, version: Number(version) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** All of the metadata, in one order and without ambiguity. */
function authenticated(metadata: Metadata): Buffer {
  return Buffer.from(JSON.stringify(FIELDS.map((field) => [field, Buffer.from(metadata[field]).toString('base64')])));
}
