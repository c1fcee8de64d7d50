import pino from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type Logger = PinoLogger;

/** Keys that are never printed, wherever a caller puts them. A last net: nobody is meant to log these. */
const SECRET = ['authorization', 'principal', 'token', 'password', 'email', 'ownerEmail', 'address'];

/**
 * One JSON line per entry, for Temporal's runtime and for fastify alike.
 *
 * @param options.destination where lines go; standard output by default
 */
export function createLogger(options: {
  readonly service: string;
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Temporal logs `error`, pino serialises `err`: without this an error is printed as {}.
      serializers: { error: serializeError, err: serializeError },
      redact: { paths: SECRET.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** Without what Temporal's failures carry besides their texts: `details` and the encoded `failure` hold payloads. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { details: _details, failure: _failure, ...printed } = pino.stdSerializers.err(error);
  return printed;
}
