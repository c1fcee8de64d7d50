import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** Why a token is not let in. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  /** 401 for a token that is not good, 403 for one that is no operator's, 503 when the issuer's keys cannot be had. */
  readonly status: 401 | 403 | 503;

  constructor(status: 401 | 403 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws TokenRefused */
export type VerifyOperator = (token: string | undefined) => Promise<{ readonly expiresInS: number }>;

/** Lets operators in: algorithm, issuer, audience and expiry are pinned, as in the gateway. */
export function createOperatorVerifier(options: {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}): VerifyOperator {
  const { issuer, audience } = options;
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: 3_000 });
  return async (token) => {
    if (!token) throw new TokenRefused(401, 'send Authorization: Bearer <token of an operator>');
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['EdDSA'],
      issuer,
      audience,
      clockTolerance: 5,
      requiredClaims: ['exp', 'sub'],
    }).catch((error: unknown) => {
      const unknown = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code];
      if (error instanceof errors.JOSEError && !unknown.includes(error.code)) {
        throw new TokenRefused(401, 'the token is not accepted: expired, malformed, or of another issuer');
      }
      throw new TokenRefused(503, 'the keys of the token issuer cannot be had');
    });
    if (payload['role'] !== 'operator') throw new TokenRefused(403, 'histories are for operators');
    return { expiresInS: payload.exp! - Date.now() / 1_000 };
  };
}
