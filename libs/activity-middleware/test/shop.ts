import { randomUUID } from 'node:crypto';
import {
  implementContract,
  implementReads,
  withAdapters,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { Activities, PermitRequest, RateLimiter, Refusal } from '@adx/activity-middleware';
import { failure, formatOperationId } from '@adx/contract-kit';
import type { Json, Principal } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeLedger, FakeTx } from './fake-ledger.ts';
import { shopContract } from './shop.contract.ts';

export const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';

/** The middlewares of a real service, and handlers that tests replace. */
export const shopActivities = implementContract(shopContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withAdapters<{ readonly carrier: string }>())
  .use(withTransaction<FakeTx>());

export type ShopHandlers = Parameters<typeof shopActivities.handlers>[0];

/** Does nothing wrong; each entry answers with its own name. */
export const usualHandlers: ShopHandlers = {
  reserve: { run: async () => ({ sale: 'reserve' }), undo: async () => undefined },
  order: {
    prepare: async () => undefined as never,
    call: async () => ({ sale: 'order' }),
    undo: { prepare: async () => undefined as never, call: async () => undefined },
  },
  ship: { run: async () => ({ sale: 'ship' }) },
  thank: { prepare: async () => undefined as never, call: async () => ({ sale: 'thank' }) },
  look: { run: async () => ({ sale: 'look' }) },
};

/**
 * Knows the principal of each tenant by the text `principal of <tenant>`, with `named "<sub>"` or without, and an operator
 * by `operator of <tenant>`.
 */
export const verifier = {
  verify: async (jws: unknown) => {
    const [, who, tenantId, sub = 'ada'] = /^(principal|operator) of (\S+)(?: named "(.*)")?$/.exec(String(jws)) ?? [];
    if (!tenantId) throw failure('TenantAccessDenied', 'the principal was not signed by a known key');
    const kind = who === 'operator' ? 'operator' : 'user';
    return { sub, kind, tenantId, roles: ['owner'], iat: 1, jti: '1' } as unknown as Principal;
  },
};

export interface Shop {
  readonly ledger: FakeLedger;
  readonly activities: Activities;
  readonly log: readonly Record<string, unknown>[];
  /** Attempts an activity within Temporal's activity context. */
  /** Every permit that was asked for; `refuse` answers the next one. */
  readonly permits: PermitRequest[];
  refuse(refusal: Refusal): void;
  attempt(type: string, input: unknown, call?: unknown, attempt?: number): Promise<Json>;
  readonly reads: ReturnType<ReturnType<typeof implementReads<typeof shopContract, FakeTx>>['bind']>;
}

/** The shop, bound as a composition root does it, over a fake ledger. */
export function openShop(
  handlers: Partial<ShopHandlers> = {},
  getSale: Parameters<typeof implementReads<typeof shopContract, FakeTx>>[1]['getSale'] = async () => ({
    item: 'book',
  }),
): Shop {
  const ledger = createFakeLedger();
  const permits: PermitRequest[] = [];
  const refusals: Refusal[] = [];
  const limiter: RateLimiter = {
    take: async (request) => {
      permits.push(request);
      return refusals.shift();
    },
  };
  const log: Record<string, unknown>[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger({ service: 'shop', level: 'info', destination: { write } });
  const activities = shopActivities
    .handlers({ ...usualHandlers, ...handlers })

    .bind({ logger, verifier, ledger, limiter, adapters: { carrier: 'by lorry' } });
  return {
    ledger,
    activities,
    log,
    permits,
    refuse: (refusal) => void refusals.push(refusal),
    attempt: (type, input, call = callOf(type), attempt = 1) => runAttempt(activities[type]!, input, call, attempt),
    reads: implementReads<typeof shopContract, FakeTx>(shopContract, { getSale }).bind({ verifier, ledger }),
  };
}

/** A call as the kernel completes it. */
export function callOf(step: string, tenantId = TENANT) {
  const operationId = formatOperationId({ tenantId: TENANT, workflowType: 'buy', key: randomUUID() });
  return { operationId, principal: `principal of ${tenantId}`, executionKey: `${operationId}/run`, step };
}

const silent = () => undefined;
/** Temporal's own lines about attempts that fail, as they are meant to. */
const SILENT = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Runs one attempt of 5 s within Temporal's activity context. */
export function runAttempt(activity: Activities[string], input: unknown, call: unknown, attempt = 1): Promise<Json> {
  const info = { attempt, startToCloseTimeoutMs: 5_000 };
  return new MockActivityEnvironment(info, { logger: SILENT }).run(activity, input, call);
}
