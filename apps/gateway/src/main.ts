import { createLogger } from '@adx/telemetry';
import { readConfig, temporalLogger } from '@adx/worker-runtime';
import { Runtime } from '@temporalio/worker';
import { GatewayConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

try {
  const { ADX_LOG_LEVEL: level } = readConfig(GatewayConfig.pick({ ADX_LOG_LEVEL: true }), process.env);
  const logger = createLogger({ service: 'gateway', level });
  Runtime.install({ shutdownSignals: [], logger: temporalLogger(logger) });
  const gateway = await startGateway({ env: process.env, logger });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void gateway.close());
  }
} catch (error) {
  const { name, message, stack } = error as Error;
  process.stderr.write(`gateway: ${name === 'ConfigError' ? message : stack}\n`);
  process.exitCode = 1;
}
