import { startGateway } from './start-gateway.ts';

try {
  const gateway = await startGateway({ env: process.env });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void gateway.close());
  }
} catch (error) {
  const { name, message, stack } = error as Error;
  process.stderr.write(`gateway: ${name === 'ConfigError' ? message : stack}\n`);
  process.exitCode = 1;
}
