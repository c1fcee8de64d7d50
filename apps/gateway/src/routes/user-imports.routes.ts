import { Readable } from 'node:stream';
import { OPERATION_STATUSES } from '@adx/contract-kit';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { HttpProblem } from '../problem.ts';
import { FAILED_ROWS_FORMATS, formatFailedRows } from './failed-rows-format.ts';
import { problems } from './operation-schema.ts';
import { isClosed, processControls } from './process-controls.ts';
import { startImport } from './start-import.ts';
import { importIdFor, ownImport } from './user-import-parts.ts';

const Id = z.object({ id: z.string() });
const Nothing = z.strictObject({}).nullish();
const Count = z.number().int();

/** The counts are the owner's, the status is that of the process. */
const UserImport = z.object({
  importId: z.string(),
  operationId: z.string(),
  /** `uploaded`: the file is there, its process is not; repeat the upload with the same key. */
  status: z.enum(['uploaded', ...OPERATION_STATUSES]),
  total: Count,
  processed: Count,
  imported: Count,
  failed: Count,
  percentage: Count,
  estimatedCompletionAt: z.string().optional(),
  createdAt: z.string(),
  closedAt: z.string().optional(),
});

/** What becomes of an uploaded file. */
export function userImportRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { operations, userImports } = parts;
  const config = { access: 'users:import' } as const;

  app.get(
    '/v1/user-imports/:id',
    {
      config,
      schema: {
        summary: 'Show an import and how far it is',
        params: Id,
        response: { 200: UserImport, ...problems(401, 403, 404, 503) },
      },
    },
    async (request) => {
      const { importId, operationId, principal } = await ownImport(parts, request);
      const counts = await userImports.get(principal, importId);
      const view = await operations.get(operationId);
      const estimate = view?.progress?.estimatedCompletionAt;
      return {
        ...counts,
        operationId,
        status: view?.status ?? ('uploaded' as const),
        percentage: Math.floor((counts.processed * 100) / counts.total),
        ...(estimate === undefined ? {} : { estimatedCompletionAt: estimate }),
      };
    },
  );

  app.get(
    '/v1/user-imports/:id/failed-rows',
    {
      config,
      schema: {
        summary: 'The rows that did not become users: line, reason, and the row itself',
        params: Id,
        querystring: z.strictObject({ format: z.enum(FAILED_ROWS_FORMATS).default('ndjson') }),
        // A stream: the answer itself says which of the two formats it is.
        response: { 200: z.any().describe('NDJSON or CSV'), ...problems(400, 401, 403, 404, 503) },
      },
    },
    async (request, reply) => {
      const { importId, principal } = await ownImport(parts, request);
      // Whether it exists at all is said before the first row is.
      await userImports.get(principal, importId);
      const { mediaType, lines } = formatFailedRows(request.query.format, userImports.failedRows(principal, importId));
      return reply.type(mediaType).send(Readable.from(lines));
    },
  );

  app.post(
    '/v1/user-imports/:id/retry',
    {
      config,
      schema: {
        summary: 'Import the failed rows once more, as an import of their own',
        params: Id,
        body: Nothing,
        response: {
          202: z.object({ operationId: z.string(), importId: z.string(), total: Count, failed: Count }),
          ...problems(400, 401, 403, 404, 409, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey(request);
      const { importId: retryOf, operationId, principal } = await ownImport(parts, request);
      await userImports.get(principal, retryOf);
      const view = await operations.get(operationId);
      if (!view || !isClosed(view)) throw new HttpProblem(409, 'OperationOpen', 'the import is still going on');
      const importId = importIdFor(request, key);
      const file = { mediaType: 'application/x-ndjson', body: Readable.from([], { objectMode: false }) };
      const staged = await userImports.stage(principal, { importId, retryOf }, file);
      return startImport(parts, request, reply, { importId, key, principal, staged });
    },
  );

  processControls(plain, parts, {
    url: '/v1/user-imports/:id',
    ...config,
    what: 'an import',
    stays: 'the users it made stay',
    find: (request) => ownImport(parts, request),
  });
}
