import { randomUUID } from 'node:crypto';
import type { MaintenanceTask } from '@adx/contract-kit';
import type { ReceivedMail, TokenRequest } from '@adx/local-parts';
import type { ServiceName } from '@adx/services';
import type { Stack } from '../stack.ts';
import type { Evidence } from './evidence.ts';
import type { GatewayClient, OperationBody } from './gateway-client.ts';

/** What a scenario plays on. */
export interface Stage {
  /** As an operator. */
  readonly gateway: GatewayClient;
  /** As somebody with a token of the stack's issuer, or as nobody. */
  as(who: TokenRequest | 'nobody'): Promise<GatewayClient>;
  readonly evidence: Evidence;
  /** Makes names the story's own: `acme` may be taken on a stack that is used. */
  readonly suffix: string;
  inbox(): Promise<readonly ReceivedMail[]>;
  /** Has a service do now what its schedule does by night. */
  maintain(service: ServiceName, schedule: MaintenanceTask | 'reminders'): Promise<OperationBody>;
  /** The demo's own stack; only there may workers be killed. */
  readonly stack?: Stack;
}

/** How a scenario went. */
export interface ScenarioResult {
  readonly name: string;
  readonly ok: boolean;
  readonly status: string;
  readonly operationId: string;
  /** All processes of it, the one above included. */
  readonly operations: readonly { readonly operationId: string; readonly type: string; readonly status: string }[];
  readonly durationMs: number;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What a scenario has to show: the operation, and facts each of which must hold. */
export interface Played {
  readonly operation: OperationBody;
  /** Those beside it, each of which has ended. */
  readonly others?: readonly OperationBody[];
  readonly checks: Readonly<Record<string, boolean>>;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** One story: what happens, and what must be true afterwards. */
export interface Scenario {
  readonly name: string;
  /** What a reader has to know before, in lines. */
  readonly says?: readonly string[];
  /** The processes that it shows, by the names of their contracts. */
  readonly shows: readonly string[];
  play(stage: Stage): Promise<Played>;
}

/** The body of an onboarding request. */
export function onboardingOf(stage: Stage, slug: string, domain = 'acme.example') {
  return { slug: `${slug}-${stage.suffix}`, name: slug, plan: 'team', ownerEmail: `ada-${stage.suffix}@${domain}` };
}

export const ENDED = ({ closedAt }: OperationBody) => closedAt !== undefined;

/** A key of one request. */
export const newKey = () => ({ 'idempotency-key': randomUUID() });
