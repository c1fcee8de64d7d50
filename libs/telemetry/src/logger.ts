import pino from 'pino';
import type { Bindings, ChildLoggerOptions, DestinationStream, Logger as PinoLogger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type Logger = PinoLogger;

/** Keys that are never printed, wherever a caller puts them. A last net: nobody is meant to log these. */
const SECRET = new Set(['authorization', 'principal', 'token', 'password', 'email', 'ownerEmail', 'address']);
const CENSORED = '[redacted]';
/** How deep the net reaches: below the entry itself, and below what is in it. */
const DEPTH = 3;

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
  const logger = pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Temporal logs `error`, pino serialises `err`: without this an error is printed as {}.
      serializers: { error: serializeError, err: serializeError },
      // Not pino's own `redact`: its wildcards cost each activity as much as the rest of the chain together.
      formatters: { log: (entry) => withoutSecrets(entry, DEPTH) },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
  // pino formats the bindings of the first logger only; children of children inherit this one.
  const child: unknown = Reflect.get(logger, 'child');
  logger.child = function (this: Logger, bindings: Bindings, childOptions?: ChildLoggerOptions) {
    return Reflect.apply(child as (...args: unknown[]) => Logger, this, [
      withoutSecrets(bindings, DEPTH),
      childOptions,
    ]);
  } as unknown as Logger['child'];
  return logger;
}

/** Without what Temporal's failures carry besides their texts: `details` and the encoded `failure` hold payloads. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { details: _details, failure: _failure, ...printed } = pino.stdSerializers.err(error);
  return withoutSecrets(printed, DEPTH);
}

/** The same object when nothing in it is secret. What is no plain object is its serializer's matter. */
function withoutSecrets<T extends object>(value: T, depth: number): T {
  let copy: Record<string, unknown> | undefined;
  for (const [key, one] of Object.entries(value)) {
    const shown = SECRET.has(key)
      ? CENSORED
      : depth > 0 && isPlain(one)
        ? withoutSecrets(one, depth - 1)
        : (one as unknown);
    if (shown === one) continue;
    copy ??= (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
    copy[key] = shown;
  }
  return (copy as T | undefined) ?? value;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
