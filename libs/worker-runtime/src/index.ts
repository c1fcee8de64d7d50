export type { BackgroundTask } from './background.ts';
export { ConfigError, WorkerConfig, readConfig, withoutEmpty } from './config.ts';
export type { Environment } from './config.ts';
export { installRuntime } from './install-runtime.ts';
export { runWorker } from './run-worker.ts';
export { defineService } from './service.ts';
export type { ConnectedService, Service, ServiceContext } from './service.ts';
export { startWorker } from './start-worker.ts';
export type { RunningWorker } from './start-worker.ts';
