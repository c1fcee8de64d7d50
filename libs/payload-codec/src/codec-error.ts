/** What is wrong with a payload, or with the key that it asks for. */
export type CodecFault =
  /** Not encrypted, and the codec is not told to let that pass. */
  | 'PlaintextRefused'
  /** Encrypted, but not in the form that this codec writes. */
  | 'Malformed'
  /** Encrypted for another tenant than the one that the process belongs to. */
  | 'TenantMismatch'
  /** Its ciphertext or its metadata is not what was written. */
  | 'Tampered'
  /** No key of this tenant has this version and id. */
  | 'KeyUnknown'
  /** The keys of the tenant were destroyed: nothing can read it any more. */
  | 'KeyDestroyed'
  /** Wrapped by a root key that this process was not given, or the wrapping was changed. */
  | 'RootKeyUnknown'
  | 'WrappingBroken'
  /** The database of the keys does not answer; worth another attempt. */
  | 'KeysUnavailable';

/**
 * A payload that cannot be encoded or decoded. Messages name the tenant, the key's version and the remedy, never data.
 * All but `KeysUnavailable` stay as they are however often they are tried.
 */
export class PayloadCodecError extends Error {
  override readonly name = 'PayloadCodecError';
  readonly fault: CodecFault;

  constructor(fault: CodecFault, message: string, options?: ErrorOptions) {
    super(`${fault}: ${message}`, options);
    this.fault = fault;
  }
}
