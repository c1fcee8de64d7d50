import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { NO_TENANT } from '@adx/contract-kit';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { PayloadCodecError } from './codec-error.ts';
import { isEncrypted, keyReference, open, seal } from './envelope.ts';
import { KEY_BYTES } from './key-provider.ts';
import type { DataKey, TenantKeys } from './tenant-keys.ts';
import { tenantOfContext } from './tenant-of-context.ts';

/**
 * Encrypts every payload with the key of its tenant.
 *
 * Encoding without a context (the SDK gives one for everything that belongs to a process) takes the platform's own key,
 * that of `NO_TENANT`. What belongs to an activity is encoded although the tenant's keys are destroyed, and is unreadable
 * like everything else of the tenant: an attempt may outlive them, and the SDK ends a worker that cannot encode how it
 * ended. Decoding with a context refuses what was encrypted for another tenant; without one, the tenant is
 * the one in the authenticated metadata.
 *
 * @param options.tenantOf whose process a payload belongs to; undefined where that is not known
 * @param options.allowPlaintext for a migration only: lets what is not encrypted pass when decoding
 * @throws PayloadCodecError from `encode` and `decode`; see `CodecFault`
 */
export function createPayloadCodec(options: {
  readonly keys: Pick<TenantKeys, 'current' | 'version'>;
  readonly tenantOf?: (context: SerializationContext | undefined) => string | undefined;
  readonly allowPlaintext?: boolean;
}): PayloadCodec {
  const { keys, tenantOf = tenantOfContext, allowPlaintext = false } = options;

  const decode = async (payload: Payload, expected: string | undefined): Promise<Payload> => {
    if (!isEncrypted(payload)) {
      if (allowPlaintext) return payload;
      throw new PayloadCodecError(
        'PlaintextRefused',
        `a payload ${expected === undefined ? '' : `of tenant ${expected} `}is not encrypted with "binary/encrypted"; ` +
          'only a migration may allow that',
      );
    }
    const { tenantId, version, keyId } = keyReference(payload);
    if (expected !== undefined && tenantId !== expected) {
      throw new PayloadCodecError(
        'TenantMismatch',
        `a payload in a process of tenant ${expected} was encrypted for tenant ${tenantId}`,
      );
    }
    const key = await keys.version(tenantId, version);
    if (key.id !== keyId) {
      throw new PayloadCodecError('KeyUnknown', `version ${version} of tenant ${tenantId} is not the key ${keyId}`);
    }
    return open(payload, key);
  };

  return {
    async encode(payloads, context) {
      if (payloads.length === 0) return [];
      const tenantId = tenantOf(context) ?? NO_TENANT;
      const key = await keys.current(tenantId).catch((error: unknown) => {
        if (context?.type === 'activity' && isDestroyed(error)) return keyForNobody(tenantId);
        throw error;
      });
      return payloads.map((payload) => seal(payload, key));
    },
    decode: (payloads, context) => {
      const expected = tenantOf(context);
      return Promise.all(payloads.map((payload) => decode(payload, expected)));
    },
  };
}

function isDestroyed(error: unknown): boolean {
  return error instanceof PayloadCodecError && error.fault === 'KeyDestroyed';
}

/** Kept nowhere. Whoever decodes finds what is true: the keys of the tenant are destroyed. */
function keyForNobody(tenantId: string): DataKey {
  return { tenantId, version: 1, id: randomUUID(), key: createSecretKey(randomBytes(KEY_BYTES)) };
}
