import { createHash } from 'node:crypto';
import { DeliveryUnavailable } from '@adx/activity-middleware';
import type { OutboxBatch, PendingRow } from '@adx/activity-middleware';
import { DELIVER_EVENTS_WORKFLOW, formatOperationId } from '@adx/contract-kit';
import type { Call, EventEnvelope, Json } from '@adx/contract-kit';
import { OperationsError, callTemporal, isUnavailable, launchOperation } from '@adx/operations';
import type { PrincipalSigner } from '@adx/principal';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';

interface StartPayload {
  readonly workflow: string;
  readonly taskQueue: string;
  readonly operationId: string;
  readonly input: Json;
  readonly businessKey?: string;
}
interface SignalPayload {
  readonly operationId: string;
  readonly signal: string;
  readonly input: Json;
}

/**
 * Brings a batch of the outbox to Temporal, in the name of the service. Ids are stable, so that a repeated delivery meets
 * what the first one left, and counts as delivered.
 *
 * @throws DeliveryUnavailable when Temporal does not answer; anything else is the batch's own fault
 */
export function createDelivery(options: {
  readonly client: Client;
  readonly service: string;
  readonly signer: PrincipalSigner;
}): (batch: OutboxBatch) => Promise<void> {
  const { client, service, signer } = options;
  // Most are the service's own processes, which its worker can begin at once. Other connections refuse to ask for it.
  const eager = client.connection instanceof NativeConnection;
  return async (batch) => {
    try {
      const { tenantId, kind, rows } = batch;
      const principal = await signer.sign({ sub: service, kind: 'service', tenantId, roles: [] });
      if (kind === 'start') await start(tenantId, principal, rows[0].payload as unknown as StartPayload);
      else if (kind === 'signal') await signal(principal, rows[0]);
      else await deliver(batch, principal);
    } catch (error) {
      const unavailable = error instanceof OperationsError && error.code === 'TemporalUnavailable';
      if (unavailable || isUnavailable(error)) {
        throw new DeliveryUnavailable('Temporal does not answer', { cause: error });
      }
      throw error;
    }
  };

  async function start(tenantId: string, principal: string, payload: StartPayload): Promise<void> {
    await launchOperation(client, { ...payload, tenantId, principal, eager });
  }

  async function signal(principal: string, { eventId, payload }: PendingRow): Promise<void> {
    const { operationId, signal: name, input } = payload as unknown as SignalPayload;
    const call: Call = { operationId, principal, idempotencyKey: eventId };
    await callTemporal(client, () => client.workflow.getHandle(operationId).signal(name, input, call));
  }

  async function deliver({ tenantId, target, rows }: OutboxBatch, principal: string): Promise<void> {
    // The receivers of one event get it under one id: without the target one of them would count as told.
    const key = createHash('sha256')
      .update([target, ...rows.map(keyOf)].join())
      .digest('base64url')
      .slice(0, 32);
    const operationId = formatOperationId({ tenantId, workflowType: DELIVER_EVENTS_WORKFLOW, key });
    const call: Call = { operationId, principal };
    try {
      // No search attributes: a delivery is no operation that somebody asked for.
      await callTemporal(client, () =>
        client.workflow.start(DELIVER_EVENTS_WORKFLOW, {
          // The queue of a service has its name.
          taskQueue: target.slice(target.indexOf('/') + 1),
          workflowId: operationId,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
          workflowIdConflictPolicy: 'FAIL',
          args: [rows.map(envelopeOf), call],
          priority: { fairnessKey: tenantId },
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

function keyOf({ eventId, seq, payload }: PendingRow): string {
  // What a person discarded is another delivery than the one that failed.
  return `${eventId}/${seq}/${(payload as { discarded?: true }).discarded ?? false}`;
}

function envelopeOf({ kind, eventId, aggregate, seq, createdAt, payload }: PendingRow): EventEnvelope {
  if (kind === 'redelivery') return payload as unknown as EventEnvelope;
  const own = payload as unknown as Pick<EventEnvelope, 'type' | 'payload' | 'discarded'>;
  return { ...own, id: eventId, aggregate, seq, occurredAt: createdAt.toISOString() };
}
