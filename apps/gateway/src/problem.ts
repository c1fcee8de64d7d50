import { STATUS_CODES } from 'node:http';
import { statusOfFailure } from '@adx/contract-kit';
import { OperationsError } from '@adx/operations';
import type { OperationsErrorCode } from '@adx/operations';
import { ApplicationFailure } from '@temporalio/common';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** RFC 9457. `code` is stable: clients decide by it; `detail` is for people and may change. */
export const Problem = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  traceId: z.string(),
  /** What is wrong with the request, by place. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** How long a client waits before it asks again, in seconds: a restart takes about this long. */
const RETRY_AFTER_S = '5';

/** An answer that is no success. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  /** Members of the problem besides the standard ones. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, more: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** Unknown and foreign things are answered alike: whether a thing exists is its owner's business. */
export function notFound(): HttpProblem {
  return new HttpProblem(404, 'NotFound', 'there is no such resource');
}

/** The one place where errors become answers. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  const { status, code, more } = problem;
  if (status >= 500) request.log.error({ error, code, traceId: request.traceId }, 'request failed');
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer');
  if (status === 503) reply.header('Retry-After', RETRY_AFTER_S);
  return reply
    .code(status)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail: problem.message,
      traceId: request.traceId,
      ...more,
    });
}

function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof OperationsError && error.code === 'OperationUnknown') return notFound();
  if (error instanceof OperationsError)
    return new HttpProblem(OPERATIONS_STATUS[error.code], error.code, error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.flatMap(({ instancePath, message = 'is not valid', params }) => {
      const place = instancePath.split('/').filter((part) => part !== '');
      // The schema library says of an unknown field only where it was found; a client looks for the field itself.
      const unknown = 'keys' in params && Array.isArray(params['keys']) ? (params['keys'] as string[]) : undefined;
      if (unknown) return unknown.map((key) => ({ path: [...place, key].join('.'), message: 'is not a known field' }));
      return [{ path: place.join('.') || (error.validationContext ?? 'request'), message }];
    });
    const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return new HttpProblem(400, 'InvalidInput', detail, { errors });
  }
  const root = rootOf(error);
  if (root instanceof ApplicationFailure && root.type) {
    return new HttpProblem(statusOfFailure(root.type), root.type, root.message);
  }
  const { statusCode = 500, code } = (error ?? {}) as Partial<FastifyError>;
  const known = FASTIFY_CODES[code ?? ''];
  if (known) return new HttpProblem(statusCode, known[0], known[1]);
  if (statusCode < 500) return new HttpProblem(statusCode, 'InvalidInput', (error as Error).message);
  return new HttpProblem(500, 'InternalError', 'something broke here; the log has it under the traceId');
}

const OPERATIONS_STATUS: Record<OperationsErrorCode, number> = {
  IdempotencyKeyReused: 422,
  OperationUnknown: 404,
  OperationClosed: 409,
  KeysDestroyed: 410,
  PageUnknown: 400,
  WorkerUnavailable: 503,
  TemporalUnavailable: 503,
};

const FASTIFY_CODES: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BodyTooLarge', 'the body is over 256 KiB'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['NotJson', 'send Content-Type: application/json'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['NotJson', 'the body is no JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['NotJson', 'the body is empty, although its type says JSON'],
};

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return root;
}
