import { NO_TENANT } from '@adx/contract-kit';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { PayloadCodecError } from './codec-error.ts';
import { isEncrypted, keyReference, open, seal } from './envelope.ts';
import type { TenantKeys } from './tenant-keys.ts';
import { tenantOfContext } from './tenant-of-context.ts';

/**
 * Encrypts every payload with the key of its tenant.
 *
 * Encoding without a context (the SDK gives one for everything that belongs to a process) takes the platform's own key,
 * that of `NO_TENANT`. Decoding with a context refuses what was encrypted for another tenant; without one, the tenant is
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
      const key = await keys.current(tenantOf(context) ?? NO_TENANT);
      return payloads.map((payload) => seal(payload, key));
    },
    decode: (payloads, context) => {
      const expected = tenantOf(context);
      return Promise.all(payloads.map((payload) => decode(payload, expected)));
    },
  };
}
