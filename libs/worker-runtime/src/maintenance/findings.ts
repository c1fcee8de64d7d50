import { createHash } from 'node:crypto';
import { NO_TENANT, formatOperationId } from '@adx/contract-kit';
import type { Contract, Finding } from '@adx/contract-kit';
import { OperationsError, fingerprintOf, launchOperation, queryOperations, resolveStep } from '@adx/operations';
import type { PrincipalSigner } from '@adx/principal';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** The answer of a repaired one is not worth waiting for: the next look asks again. */
const ANSWER_MS = 5_000;

/** The open findings of a service: each is an operation of no tenant, which waits for a person. */
export interface Findings {
  readonly idOf: (finding: Pick<Finding, 'kind' | 'subject'>) => string;
  /** @returns whether it was not open before */
  open(finding: Finding): Promise<boolean>;
  /** Has every open one of these kinds looked at again that is none of these. @returns how many were repaired */
  closeOthers(kinds: readonly string[], found: ReadonlySet<string>): Promise<number>;
}

export function createFindings(contract: Contract, signer: PrincipalSigner, client: Client): Findings {
  const { service, taskQueue } = contract;
  const workflow = 'followFinding';
  const sign = () => signer.sign({ sub: service, kind: 'service', tenantId: NO_TENANT, roles: [] });
  // The kind is readable, so that those of one task can be told from the others by their ids.
  const idOf = ({ kind, subject }: Pick<Finding, 'kind' | 'subject'>) => {
    const hash = createHash('sha256').update(`${service}\n${subject}`).digest('base64url').slice(0, 32);
    return formatOperationId({ tenantId: NO_TENANT, workflowType: workflow, key: `${kind}_${hash}` });
  };
  return {
    idOf,
    async open(finding) {
      const [operationId, principal] = [idOf(finding), await sign()];
      const launch = { workflow, taskQueue, operationId, tenantId: NO_TENANT, input: finding, principal, again: true };
      try {
        return !(await launchOperation(client, launch)).repeated;
      } catch (error) {
        // It is open, and says what was found then.
        if (error instanceof OperationsError && error.code === 'IdempotencyKeyReused') return false;
        throw error;
      }
    },
    async closeOthers(kinds, found) {
      const query = `OperationType = '${workflow}' AND TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
      let repaired = 0;
      for await (const { operationId } of queryOperations(client, query)) {
        if (found.has(operationId) || !kinds.some((kind) => operationId.includes(`:${kind}_`))) continue;
        if (await lookAgain(operationId)) repaired += 1;
      }
      return repaired;
    },
  };

  /** The answer of somebody who has looked: the process looks for itself before it believes that. */
  async function lookAgain(operationId: string): Promise<boolean> {
    const step = 'confirmRepair';
    const reason = `the ${service} service does not find it any more`;
    const resolution = { step, action: 'retry', reason } as const;
    try {
      const outcome = await resolveStep(client, operationId, {
        resolution: { ...resolution, fingerprint: fingerprintOf(resolution) },
        call: { operationId, principal: await sign() },
        updateId: createHash('sha256').update(`${operationId}\n${Date.now()}`).digest('base64url'),
        withinMs: ANSWER_MS,
      });
      return outcome?.outcome === 'resolved';
    } catch (error) {
      // Somebody is answering it, or has: then it is not ours to close.
      if (error instanceof ApplicationFailure) return false;
      if (error instanceof OperationsError && ['OperationClosed', 'OperationUnknown'].includes(error.code))
        return false;
      throw error;
    }
  }
}
