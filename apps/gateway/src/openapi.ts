import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** Read by the routes themselves, so that a missing one is answered with a code of its own. */
const KEY_HEADER = {
  type: 'object',
  required: ['Idempotency-Key'],
  properties: {
    'Idempotency-Key': {
      type: 'string',
      minLength: 8,
      maxLength: 255,
      description: 'The same key and body give the same answer, however often they are sent',
    },
  },
};

/** The description of the API, made from the schemas of the routes, which are those of the contracts. */
export const OPENAPI: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'ADX Core', version: '1' },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    security: [{ token: [] }],
  },
  transform: (document) => {
    const { schema, url } = jsonSchemaTransform(document);
    return { schema: document.route.method === 'GET' ? schema : { ...schema, headers: KEY_HEADER }, url };
  },
};
