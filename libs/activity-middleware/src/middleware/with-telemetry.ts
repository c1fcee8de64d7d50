import type { Logger } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/** An operator wants to know about a step that keeps failing, but not ten times. */
const ALERT_EVERY = 10;

/**
 * Logs the end of every attempt with its duration and outcome, never with payloads, and warns at every 10th attempt.
 * Adds `log`, which names operation, step and attempt on each line.
 */
export function withTelemetry(): Middleware<Invocation, { readonly log: Logger }, { readonly logger: Logger }> {
  return async (context, next, { logger }) => {
    const { activity, mode, call, attempt } = context;
    const log = logger.child({
      activity: activity.name,
      mode,
      operationId: call.operationId,
      step: call.step,
      attempt: attempt.attempt,
    });
    if (attempt.attempt % ALERT_EVERY === 0) log.warn('step keeps failing');
    const began = performance.now();
    const durationMs = () => Math.round(performance.now() - began);
    try {
      const passed = await next({ log });
      log.info({ outcome: 'succeeded', durationMs: durationMs() }, 'attempt ended');
      return passed;
    } catch (error) {
      const errorType = error instanceof ApplicationFailure ? error.type : 'UnexpectedError';
      log.info({ outcome: 'failed', errorType, durationMs: durationMs() }, 'attempt ended');
      throw error;
    }
  };
}
