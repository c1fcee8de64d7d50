import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityDefinition, Bound, FaultPoint, FaultSite, Json } from '@adx/contract-kit';
import { startWireProxy } from '@adx/local-parts';
import { connectTestServices, startTestDirectories } from '@adx/testing';
import type { ConnectedServices, Listing, ServiceName } from '@adx/testing';
import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { startReceiver } from '../webhooks/receiver.ts';

/** Attempts fail on purpose here. */
const SILENT = new DefaultLogger('ERROR', () => undefined);

/** One step of an operation, whatever the number of its attempts. */
export interface StageCall {
  readonly activity: ActivityDefinition & Bound;
  readonly mode: 'forward' | 'undo';
  readonly operationId: string;
  readonly principal: string;
  readonly input: Json;
}

/** All services and one tenant, with a wire between them and Postgres that loses an answer when it is told to. */
export interface Stage extends ConnectedServices {
  readonly tenantId: string;
  /** Of one page with one user; not registered yet. */
  readonly directory: Listing;
  readonly webhookUrl: string;
  attempt(call: StageCall, number: number): Promise<Json>;
  /** The answer to the COMMIT of the call's effect will not come back. */
  loseCommitReplyOf(call: StageCall): void;
  /** How many answers were lost. */
  lost(): number;
  /** Mails, webhooks and questions to directories that have arrived, repeated ones included. */
  callsTaken(): number;
}

export async function openStage(): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const proxy = await startWireProxy(Number(new URL(process.env['ADX_TEST_POSTGRES_URL']!).port));
  opened.defer(() => proxy.close());
  const directories = await startTestDirectories();
  opened.defer(() => directories.stop());
  const receiver = await startReceiver();
  opened.defer(() => receiver.stop());
  // Some ask it what has become of operations.
  const connection = await Connection.connect({ address: process.env['ADX_TEST_TEMPORAL_ADDRESS']! });
  opened.defer(() => connection.close());
  const client = new Client({ connection });
  const secrets = directories.env['ADX_DIRECTORY_SECRET_FOLDER']!;

  let armed: { readonly at: FaultPoint; readonly call: StageCall } | undefined;
  const services = await connectTestServices({
    postgresPort: proxy.port,
    env: { ...directories.env, ADX_WEBHOOK_SECRET_FOLDER: secrets, ADX_WEBHOOK_LOCAL_HOSTS: 'localhost' },
    faults: {
      pass: ({ point, mode, activity }: FaultSite) => {
        if (armed?.at !== point || armed.call.mode !== mode || armed.call.activity.name !== activity) return;
        armed = undefined;
        proxy.dropNextCommitReply('break');
      },
    },
  });
  opened.defer(() => services.stop());

  const tenantId = randomUUID();
  const users = [{ email: 'eve@acme.example', role: 'member' }];
  const directory = await directories.list(services.database, tenantId, [users], { registered: false });
  await mkdir(join(secrets, tenantId), { recursive: true });
  await writeFile(join(secrets, tenantId, 'main'), `whsec_${randomBytes(32).toString('base64')}`);
  const all = opened.move();
  return {
    ...services,
    tenantId,
    directory,
    webhookUrl: receiver.url,
    attempt({ activity, mode, operationId, principal, input }, number) {
      const type = mode === 'forward' ? activity.name : `${activity.name}.${mode}`;
      const run = services.services[activity.service as ServiceName].activities[type]!;
      const call = { operationId, principal, executionKey: `${operationId}/run`, step: activity.name };
      return new MockActivityEnvironment({ attempt: number }, { logger: SILENT, client }).run(
        run,
        mode === 'forward' ? input : null,
        call,
      );
    },
    loseCommitReplyOf(call) {
      const { kind, effect } = call.activity;
      // A look passes no fault point, and has one COMMIT; an external effect has one before its call, too.
      if (kind === 'readonly') proxy.dropNextCommitReply('break');
      else armed = { at: effect === 'external' ? 'after-call' : 'in-transaction', call };
    },
    lost: () => proxy.dropped(),
    callsTaken: () =>
      services.inbox.messages().reduce((sum, { deliveries }) => sum + deliveries, 0) +
      receiver.deliveries.length +
      directory.asked.length,
    stop: () => all.disposeAsync(),
  };
}
