import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { HttpProblem } from '../problem.ts';
import type { Role } from './permissions.ts';

/** Who calls, as a verified token says. */
export interface Caller {
  readonly subject: string;
  readonly role: Role;
  /** Operators have none. */
  readonly tenantId?: string;
}

/** @throws HttpProblem 401 for a token that is not good, 503 when the issuer's keys cannot be had */
export type VerifyToken = (authorization: string | undefined) => Promise<Caller>;

const Claims = z.union([
  z.object({ sub: z.string().min(1).max(255), role: z.literal('operator'), tenant: z.undefined().optional() }),
  z.object({ sub: z.string().min(1).max(255), role: z.enum(['owner', 'member']), tenant: z.guid().toLowerCase() }),
]);

/** Clocks of two machines may differ by this much. Seconds. */
const CLOCK_TOLERANCE_S = 5;
const ALGORITHMS = ['EdDSA'];

/** Verifies callers' tokens: algorithm, issuer, audience and expiry are all pinned. */
export function createTokenVerifier(options: {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}): VerifyToken {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: 3_000 });
  return async (authorization) => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token) throw new HttpProblem(401, 'TokenMissing', 'send Authorization: Bearer <token>');
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: options.issuer,
      audience: options.audience,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
    }).catch((error: unknown) => {
      if (error instanceof errors.JOSEError && !isKeySetFault(error)) {
        throw new HttpProblem(401, 'TokenInvalid', reasonOf(error));
      }
      throw new HttpProblem(503, 'IssuerUnavailable', 'the keys of the token issuer cannot be had');
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success)
      throw new HttpProblem(401, 'TokenInvalid', 'the token lacks a role, or the tenant of its role');
    const { sub, role, tenant } = claims.data;
    return { subject: sub, role, ...(tenant === undefined ? {} : { tenantId: tenant }) };
  };
}

/** The token may be good: the issuer answered late, with another status than 200, or with no key set. */
function isKeySetFault(error: errors.JOSEError): boolean {
  return [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code].includes(error.code);
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the token's "${error.claim}" is not accepted here`;
  return 'the token is malformed, or was not signed by the issuer';
}
