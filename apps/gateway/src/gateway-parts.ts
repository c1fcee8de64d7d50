import type { Duration } from '@adx/contract-kit';
import type { Operations } from '@adx/operations';
import type { PrincipalSigner } from '@adx/principal';
import type { Logger } from '@adx/telemetry';
import type { VerifyToken } from './auth/token-verifier.ts';
import type { OwnerReads } from './owner-reads.ts';
import type { UserImports } from './user-imports.ts';

/** What the routes stand on. */
export interface GatewayParts {
  readonly logger: Logger;
  readonly operations: Operations;
  readonly signer: PrincipalSigner;
  readonly reads: OwnerReads;
  readonly userImports: UserImports;
  /** Longest body of an upload, in bytes. */
  readonly uploadLimit: number;
  readonly verifyToken: VerifyToken;
  /** After which waits something that needs attention gets to the next level; the platform's by default. */
  readonly reminders?: readonly Duration[];
  /** Addresses and networks whose `X-Forwarded-For` is believed; by default nobody's. */
  readonly trustedProxies?: readonly string[];
  /** By name, what `/readyz` asks; each rejects when its part is not usable. */
  readonly probes: Readonly<Record<string, () => Promise<void>>>;
}
