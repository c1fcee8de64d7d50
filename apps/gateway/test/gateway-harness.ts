import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Call, EntityEvent, Json } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import type { Operations } from '@adx/operations';
import { createPrincipalSigner, createPrincipalVerifier } from '@adx/principal';
import type { PrincipalVerifier } from '@adx/principal';
import { createLogger } from '@adx/telemetry';
import { bundleWorkflows } from '@adx/workflow-bundle';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';
import { createApp } from '../src/app.ts';
import { createTokenVerifier } from '../src/auth/token-verifier.ts';
import type { GatewayParts } from '../src/gateway-parts.ts';
import { createOwnerReads } from '../src/owner-reads.ts';
import { createUserImports } from '../src/user-imports.ts';
import { openOwners } from './owners.ts';
import type { Owners } from './owners.ts';
import { AUDIENCE, ISSUER, openTokenIssuer } from './token-issuer.ts';
import type { TokenIssuer } from './token-issuer.ts';

type Script = (input: Json, call: Required<Call>) => Promise<Json> | Json;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** An answer, its body parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

/** One request. `token` is the whole token; `key` the Idempotency-Key, a fresh one by default, `null` for none. */
export interface Ask {
  readonly token?: string;
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The gateway over the real Temporal server, real keys and scripted activities. */
export interface TestGateway {
  readonly app: FastifyInstance;
  readonly parts: GatewayParts;
  readonly client: Client;
  readonly issuer: TokenIssuer;
  readonly owners: Owners;
  readonly verifier: PrincipalVerifier;
  /** Everything it logged, one JSON line each. */
  readonly log: string[];
  /** The calls that reached an activity, by activity. */
  readonly calls: { readonly activity: string; readonly call: Required<Call> }[];
  ask(method: Method, url: string, ask?: Ask): Promise<Answer>;
  operator(sub?: string): Promise<string>;
  member(tenant: string, role?: 'owner' | 'member'): Promise<string>;
  script(activity: string, does: Script): void;
  /** Forgets scripts, log and calls; what hangs goes on. */
  reset(): void;
  /** Holds an activity until the next reset. */
  hang(activity: string): void;
  close(): Promise<void>;
}

/** A private Ed25519 key as the gateway reads it, and who can check what it signs. */
export async function principalKey(): Promise<{ readonly jwk: JWK; readonly verifier: PrincipalVerifier }> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'principal', alg: 'EdDSA' }] };
  return {
    jwk: { ...(await exportJWK(privateKey)), kid: 'principal' },
    verifier: createPrincipalVerifier({ jwks }),
  };
}

const ACTIVITIES = [
  'reserveTenant',
  'activateTenant',
  'setPlan',
  'addUser',
  'changeUser',
  'removeUser',
  'addDirectory',
  'openDirectorySync',
  'writeNotification',
  'openSubscription',
  'applyBillingEvents',
  'applyCustomerEvents',
  'passSubscriptionTime',
  'addInvitedUser',
  'reserveSeat',
  'sendInvitation',
  'openInvitation',
  'checkAcceptance',
  'activateUser',
  'takeSeat',
]
  .flatMap((name) => [name, `${name}.undo`, `${name}.settle`, `${name}.resolve`])
  .concat('inviteUser.accepted.check');

export async function openGateway(): Promise<TestGateway> {
  // Scripted failures are no news.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = await TestWorkflowEnvironment.createFromExistingServer({
    address: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
  });
  const { client, nativeConnection: connection } = environment;
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const { code } = await bundleWorkflows({ workflowsPath });

  const scripts = new Map<string, Script>();
  const calls: { activity: string; call: Required<Call> }[] = [];
  const log: string[] = [];
  let released = Promise.withResolvers<void>();
  const activities = Object.fromEntries(
    ACTIVITIES.map((activity) => [
      activity,
      async (input: Json, call: Required<Call>) => {
        calls.push({ activity, call });
        return (await scripts.get(activity)?.(input, call)) ?? usual(activity, input, call);
      },
    ]),
  );
  const taskQueue = `gateway-${randomUUID()}`;
  const workers = [
    // Standard processes run their activity where they run themselves.
    await Worker.create({ connection, taskQueue, workflowBundle: { code }, activities }),
    await Worker.create({ connection, taskQueue: `${taskQueue}-activities`, activities }),
  ];
  const running = workers.map((worker) => worker.run());

  const { jwk, verifier } = await principalKey();
  const issuer = await openTokenIssuer();
  const owners = await openOwners(verifier);
  const reads = createOwnerReads({ tenant: owners.url, user: owners.url, notification: owners.url });
  const parts: GatewayParts = {
    logger: createLogger({
      service: 'gateway',
      level: 'info',
      destination: { write: (line: string) => void log.push(line) },
    }),
    operations: onQueue(createOperations({ client, boundsScale: 0.02 }), taskQueue),
    signer: await createPrincipalSigner({ jwk }),
    reads,
    // There are none: the real owner is in the system tests.
    userImports: createUserImports(reads, owners.url),
    uploadLimit: 1024 * 1024,
    verifyToken: createTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: issuer.jwksUrl }),
    probes: {},
  };
  const app = await createApp(parts);
  await app.ready();

  const release = () => {
    released.resolve();
    released = Promise.withResolvers();
  };
  return {
    app,
    parts,
    client,
    issuer,
    owners,
    verifier,
    log,
    calls,
    ask: (method, url, request) => ask(app, method, url, request),
    operator: (sub = 'olga') => issuer.sign({ sub, role: 'operator' }),
    member: (tenant, role = 'owner') => issuer.sign({ sub: `${role} of ${tenant}`, role, tenant }),
    script: (activity, does) => void scripts.set(activity, does),
    hang: (activity) => void scripts.set(activity, () => released.promise.then(() => null)),
    reset() {
      release();
      scripts.clear();
      log.length = 0;
      calls.length = 0;
    },
    async close() {
      release();
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await Promise.all([app.close(), issuer.close(), owners.close()]);
      await environment.teardown();
    },
  };
}

/** One request to an app that does not listen. */
export async function ask(app: FastifyInstance, method: Method, url: string, request: Ask = {}): Promise<Answer> {
  const { token, key = randomUUID(), body, headers } = request;
  const options: InjectOptions = {
    method,
    url,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(method !== 'GET' && key !== null ? { 'idempotency-key': key } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
  const response = await app.inject(options);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.payload === '' ? {} : (JSON.parse(response.payload) as Record<string, unknown>),
  };
}

/** The contract's queue belongs to the real workers of this test run. */
function onQueue(operations: Operations, taskQueue: string): Operations {
  return {
    ...operations,
    start: (definition, request) => operations.start({ ...definition, taskQueue }, request),
    send: (definition, request) => operations.send({ ...definition, taskQueue }, request),
  };
}

function usual(activity: string, input: Json, call: Required<Call>): Json {
  if (activity === 'reserveTenant') return { tenantId: call.operationId.slice(0, 36) };
  if (activity === 'activateTenant') return { activatedAt: new Date().toISOString() };
  if (activity === 'setPlan') return input;
  if (activity === 'inviteUser.accepted.check') return input;
  if (activity === 'checkAcceptance') return { good: true };
  if (activity === 'reserveSeat') return { tenantName: 'Acme' };
  if (activity === 'sendInvitation') return { messageId: 'm', proof: 'p' };
  if (activity === 'addInvitedUser' || activity === 'activateUser') return { userId: randomUUID() };
  if (activity === 'addDirectory') return { directoryId: randomUUID() };
  if (activity === 'openDirectorySync') return { pages: 0 };
  if (activity === 'addUser') return { userId: randomUUID() };
  if (activity === 'writeNotification') return { notificationId: randomUUID() };
  if (activity === 'changeUser' || activity === 'removeUser') return { userId: (input as { userId: string }).userId };
  const standing = { state: 'trial', dueAt: null, ended: false, applied: 0, held: 0 };
  if (activity === 'openSubscription') return standing;
  if (activity === 'passSubscriptionTime') return { ...standing, state: 'ended', ended: true };
  if (activity.startsWith('apply') && !activity.includes('.')) {
    const { events } = input as unknown as { readonly events: readonly EntityEvent[] };
    return { standing, outcomes: events.map(({ eventId }) => ({ eventId, outcome: 'applied' })) };
  }
  return activity.endsWith('.settle') ? { outcome: 'fenced' } : null;
}

/** Looks again until it is as wanted; fails after 20 s with what it last saw. */
export async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within 20 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
