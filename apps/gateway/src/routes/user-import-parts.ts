import { formatOperationId } from '@adx/contract-kit';
import { ImportId, userContract } from '@adx/user-contract';
import type { FastifyRequest } from 'fastify';
import { v5 as uuidV5 } from 'uuid';
import type { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { HttpProblem, notFound } from '../problem.ts';

/** The namespace of imports' ids; made once, never to change. */
const IMPORT_NAMESPACE = '5d6f4f0c-3a57-4b36-9a0a-0c1f6a9f8d21';

const { importUsers } = userContract.workflows;

/** An import of the caller's tenant, as the routes need it. */
export interface OwnImport {
  readonly importId: z.output<typeof ImportId>;
  readonly operationId: string;
  readonly tenantId: string;
  readonly principal: string;
}

/** The import that a request names. @throws HttpProblem 404 for what is no id, and for whoever is of no tenant */
export async function ownImport(parts: GatewayParts, request: FastifyRequest): Promise<OwnImport> {
  const { tenantId } = request.caller;
  const importId = ImportId.safeParse((request.params as { readonly id: string }).id.toLowerCase()).data;
  if (importId === undefined || tenantId === undefined) throw notFound();
  return {
    importId,
    tenantId,
    operationId: formatOperationId({ tenantId, workflowType: importUsers.name, key: importId }),
    principal: await principalFor(parts.signer, request.caller, tenantId),
  };
}

/** The same caller and key make the same import: a repeated upload finds the first one. @throws HttpProblem 403 */
export function importIdFor({ caller }: FastifyRequest, key: string): z.output<typeof ImportId> {
  if (caller.tenantId === undefined) {
    throw new HttpProblem(403, 'PermissionDenied', 'users are imported by an owner of their tenant');
  }
  return ImportId.parse(uuidV5(`${caller.tenantId}\n${caller.subject}\n${key}`, IMPORT_NAMESPACE));
}
