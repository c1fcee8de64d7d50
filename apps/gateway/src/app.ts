import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import { LogController, fastify } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import * as routes from '../generated/routes.ts';
import { authenticateRequests } from './auth/authenticate.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { OPENAPI } from './openapi.ts';
import { HttpProblem, answerProblem } from './problem.ts';
import { beginTrace, traceRequests } from './trace.ts';

const BODY_LIMIT = 256 * 1024;
/** An operation id has at most 36 + 1 + 63 + 1 + 128 characters; fastify's default would hide the longer ones. */
const LONGEST_ID = 300;

/** What every `*.routes.ts` exports, and nothing else. */
type Routes = (app: FastifyInstance, parts: GatewayParts) => void | Promise<void>;

/**
 * Builds the gateway; does not listen.
 *
 * @throws Error when it is made ready and a route does not say who may use it
 */
export async function createApp(parts: GatewayParts): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = parts.logger;
  const app: FastifyInstance = fastify({
    loggerInstance,
    // The one line per request is ours, see traceRequests.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    trustProxy: [...(parts.trustedProxies ?? [])],
    // What arrives while it closes is answered like everything else; new connections are refused.
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_ID },
    // A path that cannot be decoded reaches neither hooks nor routes.
    frameworkErrors: (error, request, reply) => {
      beginTrace(request);
      answerProblem(error, request, reply);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request, reply) =>
    answerProblem(new HttpProblem(404, 'NotFound', 'no such route'), request, reply),
  );
  // What is not JSON is refused, not passed on as a string.
  app.removeContentTypeParser('text/plain');

  traceRequests(app);
  authenticateRequests(app, parts.verifyToken);
  await app.register(helmet);
  await app.register(swagger, OPENAPI);
  // Each in a scope of its own: what one of them adds to the app, a parser for uploads, is not for the others.
  for (const addRoutes of Object.values<Routes>(routes)) {
    await app.register(async (scope) => addRoutes(scope, parts));
  }
  return app;
}
