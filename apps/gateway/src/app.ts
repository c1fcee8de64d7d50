import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import { LogController, fastify } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { authenticateRequests } from './auth/authenticate.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { OPENAPI } from './openapi.ts';
import { HttpProblem, answerProblem } from './problem.ts';
import { attentionRoutes } from './routes/attention.routes.ts';
import { broadcastRoutes } from './routes/broadcasts.routes.ts';
import { directoryRoutes } from './routes/directories.routes.ts';
import { erasureRoutes } from './routes/erasures.routes.ts';
import { healthRoutes } from './routes/health.routes.ts';
import { invitationRoutes } from './routes/invitations.routes.ts';
import { notificationRoutes } from './routes/notifications.routes.ts';
import { offboardingRoutes } from './routes/offboarding.routes.ts';
import { operationRoutes } from './routes/operations.routes.ts';
import { subscriptionRoutes } from './routes/subscription.routes.ts';
import { tenantStatusRoutes } from './routes/tenant-status.routes.ts';
import { tenantRoutes } from './routes/tenants.routes.ts';
import { userImportUploadRoutes } from './routes/user-import-uploads.routes.ts';
import { userImportRoutes } from './routes/user-imports.routes.ts';
import { userRoutes } from './routes/users.routes.ts';
import { webhookRoutes } from './routes/webhooks.routes.ts';
import { beginTrace, traceRequests } from './trace.ts';

const BODY_LIMIT = 256 * 1024;
/** An operation id has at most 36 + 1 + 63 + 1 + 128 characters; fastify's default would hide the longer ones. */
const LONGEST_ID = 300;

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
  healthRoutes(app, parts);
  tenantRoutes(app, parts);
  tenantStatusRoutes(app, parts);
  offboardingRoutes(app, parts);
  erasureRoutes(app, parts);
  userRoutes(app, parts);
  invitationRoutes(app, parts);
  directoryRoutes(app, parts);
  notificationRoutes(app, parts);
  broadcastRoutes(app, parts);
  webhookRoutes(app, parts);
  subscriptionRoutes(app, parts);
  operationRoutes(app, parts);
  attentionRoutes(app, parts);
  userImportRoutes(app, parts);
  await app.register((scope) => userImportUploadRoutes(scope, parts));
  return app;
}
