import type { Activities, Meter, OutboxStore, Reads, Uploads } from '@adx/activity-middleware';
import type { Contract, FaultInjector } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import type { Logger } from '@adx/telemetry';
import type { DataConverter } from '@temporalio/common';
import type { z } from 'zod';
import type { BackgroundTask } from './background.ts';
import type { Environment, WorkerConfig } from './config.ts';
import type { ServiceSchedule } from './schedules.ts';

/** What the runtime gives to a service that connects its adapters. */
export interface ServiceContext<Config extends z.ZodRawShape> {
  readonly config: WorkerConfig & z.output<z.ZodObject<Config>>;
  readonly logger: Logger;
  readonly verifier: PrincipalVerifier;
  /** For what runs outside of activities, such as background tasks; goes where the meter of activities does. */
  readonly meter: Meter;
  /** The variables whose names begin with `ADX_SECRET_`: values of secrets that configuration and rows refer to. */
  readonly secretVariables: Environment;
  /** Set by tests and fault demonstrations only. */
  readonly faults?: FaultInjector;
}

/** A service with its connections open. */
export interface ConnectedService {
  readonly activities: Activities;
  readonly reads: Reads;
  readonly uploads?: Uploads;
  /** How payloads are encrypted. Required: no service sends its payloads in clear because somebody forgot it. */
  readonly dataConverter: DataConverter;
  /** By name, what `/readyz` asks; each rejects when its part is not usable. */
  readonly probes: Readonly<Record<string, () => Promise<void>>>;
  /** What its effects leave for others; the worker delivers it. */
  readonly outbox?: { readonly store: OutboxStore; readonly keyFile: string };
  /** What is started in its name again and again; needs the key of `outbox`. */
  readonly schedules?: readonly ServiceSchedule[];
  /** Runs while the worker polls; ends before the connections close. */
  readonly background?: readonly BackgroundTask[];
  /** Closes the connections; called last, when no activity runs any more. */
  close(): Promise<void>;
}

/** One worker service: its contract, its variables and its composition root. */
export interface Service<Config extends z.ZodRawShape = z.ZodRawShape> {
  readonly contract: Contract;
  /** Variables besides those of every worker. */
  readonly config: Config;
  /** The prebuilt bundle; a service without workflows has none. */
  readonly workflows?: URL;
  connect(context: ServiceContext<Config>): Promise<ConnectedService>;
}

/** Types the composition root of a service. */
export function defineService<Config extends z.ZodRawShape>(service: Service<Config>): Service<Config> {
  return service;
}
