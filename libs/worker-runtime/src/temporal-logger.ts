import type { Logger } from '@adx/telemetry';
import type { Logger as TemporalLogger } from '@temporalio/worker';

const PINO_LEVEL = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal's own lines go where ours go. */
export function temporalLogger(logger: Logger): TemporalLogger {
  return {
    log: (severity, message, meta) => logger[PINO_LEVEL[severity]](meta ?? {}, message),
    trace: (message, meta) => logger.trace(meta ?? {}, message),
    debug: (message, meta) => logger.debug(meta ?? {}, message),
    info: (message, meta) => logger.info(meta ?? {}, message),
    warn: (message, meta) => logger.warn(meta ?? {}, message),
    error: (message, meta) => logger.error(meta ?? {}, message),
  };
}
