import type { Readable } from 'node:stream';
import { BodyTooLarge, limitedBody } from '@adx/worker-runtime';
import { userContract } from '@adx/user-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { HttpProblem } from '../problem.ts';
import { problems } from './operation-schema.ts';
import { importIdFor } from './user-import-parts.ts';
import { startImport } from './start-import.ts';

const { mediaTypes } = userContract.uploads.stageUserImport;

/** In a scope of its own: bodies are handed on as they come, up to the limit of uploads, and never parsed here. */
export async function userImportUploadRoutes(plain: FastifyInstance, parts: GatewayParts): Promise<void> {
  plain.removeAllContentTypeParsers();
  plain.addContentTypeParser([...mediaTypes], (_request, payload, done) => done(null, payload));
  plain.addContentTypeParser('*', (_request, _payload, done) => done(unsupported()));
  const { uploadLimit, userImports, signer } = parts;

  plain.withTypeProvider<ZodTypeProvider>().post(
    '/v1/user-imports',
    {
      config: { access: 'users:import' },
      schema: {
        summary: 'Import users from a file: NDJSON, or CSV with a header; columns email and role',
        consumes: [...mediaTypes],
        response: {
          202: z.object({ operationId: z.string(), importId: z.string(), total: z.number(), failed: z.number() }),
          ...problems(400, 401, 403, 413, 415, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey(request);
      const importId = importIdFor(request, key);
      if (Number(request.headers['content-length'] ?? 0) > uploadLimit) throw tooLarge(uploadLimit);
      const body = request.body as Readable | undefined;
      const mediaType = request.headers['content-type'];
      if (!body || mediaType === undefined) throw unsupported();
      const principal = await principalFor(signer, request.caller, request.caller.tenantId!);
      const staged = await userImports
        .stage(principal, { importId }, { mediaType, body: limitedBody(body, uploadLimit) })
        .catch((error: unknown) => {
          // What is left of the body is not read: the connection is good for nothing else.
          reply.header('connection', 'close');
          if (error instanceof BodyTooLarge) throw tooLarge(uploadLimit);
          if (request.raw.destroyed && !request.raw.complete) {
            throw new HttpProblem(400, 'UploadAborted', 'the sender went away before the end of the file');
          }
          throw error;
        });
      return startImport(parts, request, reply, { importId, key, principal, staged });
    },
  );
}

function unsupported(): HttpProblem {
  return new HttpProblem(415, 'UnsupportedMediaType', `send Content-Type: ${mediaTypes.join(' or ')}`);
}

function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(413, 'BodyTooLarge', `the body is over ${limit} bytes`);
}
