import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import { fastify } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { authenticateRequests } from './auth/authenticate.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { HttpProblem, answerProblem } from './problem.ts';
import { healthRoutes } from './routes/health.routes.ts';
import { operationRoutes } from './routes/operations.routes.ts';
import { tenantRoutes } from './routes/tenants.routes.ts';
import { traceRequests } from './trace.ts';

const BODY_LIMIT = 256 * 1024;

/**
 * Builds the gateway; does not listen.
 *
 * @throws Error when it is made ready and a route does not say who may use it
 */
export async function createApp(parts: GatewayParts): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = parts.logger;
  const app: FastifyInstance = fastify({ loggerInstance, disableRequestLogging: true, bodyLimit: BODY_LIMIT });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request, reply) => answerProblem(new HttpProblem(404, 'NotFound', 'no such route'), request, reply));
  // What is not JSON is refused, not passed on as a string.
  app.removeContentTypeParser('text/plain');

  traceRequests(app);
  authenticateRequests(app, parts.verifyToken);
  await app.register(helmet);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'ADX Core', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  healthRoutes(app, parts);
  tenantRoutes(app, parts);
  operationRoutes(app, parts);
  return app;
}
