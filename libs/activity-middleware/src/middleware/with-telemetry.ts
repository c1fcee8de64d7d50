import type { Logger } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import { chainLink } from '../chain-link.ts';
import type { ActivityMode, Invocation } from '../invocation.ts';
import { harmless, temporalMeter } from '../meter.ts';
import type { Meter } from '../meter.ts';
import type { Middleware } from '../middleware.ts';
import { attemptLabel, outcomeOf } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';

/** An operator wants to know about a step that keeps failing, but not ten times. */
const ALERT_EVERY = 10;

/** A step that was attempted ten times, or twenty, or ... */
export interface StepAlert {
  readonly service: string;
  readonly activity: string;
  readonly mode: ActivityMode;
  readonly operationId: string;
  readonly step: string;
  readonly attempt: number;
}

/** Tells somebody. Nobody waits for it, and what it throws is logged and harms nothing. */
export type OnAlert = (alert: StepAlert, log: Logger) => void | Promise<void>;

const warn: OnAlert = (_alert, log) => log.warn('step keeps failing');

/**
 * Logs the beginning and the end of every attempt, never with payloads, records `activity_duration_ms` by
 * `activity_type`, `outcome` and `attempt`, and raises an alert at every 10th attempt. Adds `log`, which names operation,
 * step and attempt on each line. Neither meter nor alert can break the attempt.
 *
 * @param options.meter Temporal's by default
 * @param options.onAlert a warning in the log by default
 */
export function withTelemetry(
  options: { readonly meter?: Meter; readonly onAlert?: OnAlert } = {},
): Middleware<Invocation, { readonly log: Logger }, { readonly logger: Logger }> {
  const meter = harmless(options.meter ?? temporalMeter);
  const onAlert = options.onAlert ?? warn;
  return chainLink('telemetry', async (context, next, { logger }) => {
    const { activity, mode, call, attempt } = context;
    const { name, service } = activity;
    const place = { mode, operationId: call.operationId, step: call.step, attempt: attempt.attempt };
    const log = logger.child({ activity: name, ...place });
    log.info('attempt began');
    if (attempt.attempt % ALERT_EVERY === 0) alert({ service, activity: name, ...place }, log);

    const began = performance.now();
    const ended = (outcome: Outcome, error: { readonly errorType?: string }) => {
      const milliseconds = performance.now() - began;
      meter.record('activity_duration_ms', milliseconds, {
        activity_type: mode === 'forward' ? name : `${name}.${mode}`,
        outcome,
        attempt: attemptLabel(attempt.attempt),
      });
      log.info({ outcome, ...error, durationMs: Math.round(milliseconds) }, 'attempt ended');
    };
    try {
      const passed = await next({ log });
      ended('succeeded', {});
      return passed;
    } catch (error) {
      const errorType = (error instanceof ApplicationFailure ? error.type : undefined) ?? 'UnexpectedError';
      ended(outcomeOf(error), { errorType });
      throw error;
    }
  });

  function alert(about: StepAlert, log: Logger): void {
    const failed = (error: unknown) => log.warn({ err: error }, 'the alert about this step could not be sent');
    try {
      Promise.resolve(onAlert(about, log)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
