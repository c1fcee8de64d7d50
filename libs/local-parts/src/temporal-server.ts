import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePorts } from './free-port.ts';
import { startProcess } from './local-process.ts';
import type { LocalProcess } from './local-process.ts';

/** What operations are found by. Keywords all, registered before the first workflow can start. */
export const SEARCH_ATTRIBUTES = ['TenantId', 'OperationType', 'OperationStatus', 'BusinessKey'] as const;

export interface TemporalOptions {
  /** The Temporal CLI; see {@link findTemporal}. */
  readonly binary: string;
  /** The port of the server; any free one by default. */
  readonly port?: number;
  /** The port of the web UI; without it there is no UI. */
  readonly uiPort?: number;
  /** The codec server that the web UI asks to decode payloads. */
  readonly uiCodecEndpoint?: string;
  /** Where state is kept over restarts; without it the server forgets everything when it ends. */
  readonly dbFile?: string;
  readonly logFile?: string;
  /** Retries of a few milliseconds then wait that long, and not up to a second. For tests only. */
  readonly preciseTimers?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly onSpawn?: (pid: number) => void;
  readonly signal?: AbortSignal;
}

export interface TemporalServer {
  /** `host:port` */
  readonly address: string;
  readonly uiAddress?: string;
  readonly pid: number;
  readonly process: LocalProcess<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a real Temporal server on loopback, with the platform's search attributes in the namespace `default`.
 *
 * @throws LocalPartError when it does not serve within 30 s; its last lines are in the message
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const port = options.port ?? (await freePorts(1))[0]!;
  const address = `127.0.0.1:${port}`;
  if (options.dbFile !== undefined) {
    // The server makes its file readable for everybody; the folder is what keeps it private.
    await mkdir(dirname(options.dbFile), { recursive: true, mode: 0o700 });
  }
  const process = await startProcess({
    name: 'Temporal',
    command: options.binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
      ...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
      ...(options.uiCodecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.uiCodecEndpoint]),
      ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
      ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      // Without it every first poll of a fresh server waits up to a second for the list of endpoints.
      ...['--dynamic-config-value', 'system.refreshNexusEndpointsMinWait="0s"'],
      ...(options.preciseTimers ? ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="20ms"'] : []),
    ],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
    ...(options.onSpawn === undefined ? {} : { onSpawn: options.onSpawn }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    untilProbe: () => serves(address),
  });
  return {
    address,
    ...(options.uiPort === undefined ? {} : { uiAddress: `http://127.0.0.1:${options.uiPort}` }),
    pid: process.pid,
    process,
    stop: async () => void (await process.stop()),
  };
}

/** Whether the namespace is there and knows the search attributes: a server listens a little earlier than that. */
async function serves(address: string): Promise<true | undefined> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000, tls: false }).catch(() => undefined);
  if (!connection) return undefined;
  try {
    return await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      const known = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      return SEARCH_ATTRIBUTES.every((name) => known.customAttributes[name] !== undefined) || undefined;
    });
  } catch {
    return undefined;
  } finally {
    await connection.close();
  }
}
