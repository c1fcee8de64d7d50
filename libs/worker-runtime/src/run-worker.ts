import type { FaultInjector } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import type { z } from 'zod';
import { ConfigError, WorkerConfig, readConfig } from './config.ts';
import { installRuntime } from './install-runtime.ts';
import type { Service } from './service.ts';
import { startWorker } from './start-worker.ts';
import { temporalLogger } from './temporal-logger.ts';

/**
 * Owns the process of one service: starts it, drains it on SIGTERM and SIGINT and sets the exit code: 0 after a drain,
 * 1 when it could not start or fell over.
 *
 * @param options.faults for fault demonstrations only
 */
export async function runWorker<Config extends z.ZodRawShape>(
  service: Service<Config>,
  options: { readonly faults?: FaultInjector } = {},
): Promise<void> {
  const env = process.env;
  try {
    const level = readConfig(WorkerConfig.pick({ ADX_LOG_LEVEL: true }), env).ADX_LOG_LEVEL;
    const logger = createLogger({ service: service.contract.service, level });
    // Signals are ours: Temporal's default would stop workers before they are not ready.
    const metricsUrl = await installRuntime({ shutdownSignals: [], logger: temporalLogger(logger) });
    const worker = await startWorker(service, { env, logger, metricsUrl, ...options });
    const drain = (signal: string) => {
      logger.info({ signal }, 'draining');
      worker.drain().catch(() => undefined); // its failure is that of `ended`
    };
    process.on('SIGTERM', drain);
    process.on('SIGINT', drain);
    await worker.ended;
    logger.info('stopped');
    process.exitCode = 0;
  } catch (error) {
    const text = error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error));
    process.stderr.write(`${service.contract.service}: ${text}\n`);
    process.exitCode = 1;
  }
  // A worker that fell over may leave a thread of the SDK behind. A process that neither works nor ends is replaced by
  // nobody.
  setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
}

/** For what is still to be written, once the worker has ended and its connections are closed. */
const EXIT_GRACE_MS = 1_000;
