import { installRuntime } from '@adx/worker-runtime';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { RuntimeOptions } from '@temporalio/worker';

let installed: Promise<string | undefined> | undefined;

/** Workers of tests fail on purpose, thousands of times: only what Temporal itself calls an error is printed. */
const QUIET: RuntimeOptions = {
  logger: new DefaultLogger('ERROR', ({ level, message }) => process.stderr.write(`${level} ${message}\n`)),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
};

/**
 * Installs the runtime of this test file, at its first call.
 *
 * @param options.metrics with an exporter, which only tests of metrics need
 * @returns where its metrics are exported
 */
export function installQuietRuntime(options: { readonly metrics?: boolean } = {}): Promise<string | undefined> {
  installed ??= options.metrics ? installRuntime(QUIET) : Promise.resolve(void Runtime.install(QUIET));
  return installed;
}
