import type { Readable } from 'node:stream';
import type { Uploads } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { FastifyInstance } from 'fastify';
import { limitedBody } from './limited-body.ts';

/** What the admin port needs to take uploads. */
export interface UploadOptions {
  readonly service: string;
  readonly uploads: Uploads;
  /** A longer body ends in 413, wherever it is. */
  readonly uploadLimit: number;
}

/**
 * `POST /internal/uploads/<name>?input=<JSON>`: the body goes to its handler as it comes. What it is read into is the
 * owner's business, so it is neither parsed nor held here.
 */
export async function uploadRoutes(server: FastifyInstance, options: UploadOptions): Promise<void> {
  const { service, uploads, uploadLimit } = options;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  server.post<{ Params: { name: string }; Querystring: { input?: string }; Body: Readable | undefined }>(
    '/internal/uploads/:name',
    async (request, reply) => {
      const { name } = request.params;
      const upload = Object.hasOwn(uploads, name) ? uploads[name] : undefined;
      if (!upload) throw failure('NotFound', `${service} has no upload "${name}"`);
      // A body that is refused is not read to its end: the connection is good for nothing else.
      reply.header('connection', 'close');
      return upload({
        input: inputOf(request.query.input),
        principal: /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1],
        mediaType: request.headers['content-type'],
        body: limitedBody(request.body ?? request.raw, uploadLimit),
      });
    },
  );
}

function inputOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null') as unknown;
  } catch {
    throw failure('InvalidInput', 'the query parameter "input" is no JSON');
  }
}
