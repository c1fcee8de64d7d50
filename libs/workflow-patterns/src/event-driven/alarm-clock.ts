import type { EntityReason } from '@adx/contract-kit';
import { CancellationScope, condition, sleep } from '@temporalio/workflow';

/** The longest timer; a later time is reached in several. Servers refuse timers of many years. */
const LONGEST_TIMER_MS = 365 * 86_400_000;

/** A time at which something happens, in milliseconds of workflow time. */
export interface Alarm {
  readonly reason: Exclude<EntityReason, 'event' | 'cancelled'>;
  readonly at: number;
}

/** All times of an entity over one timer. */
export interface AlarmClock {
  /** The first alarm whose time has come. */
  rung(alarms: readonly Alarm[]): Alarm | undefined;
  /** Waits until `woken`, or until one of these may have rung. */
  wait(alarms: readonly Alarm[], woken: () => boolean): Promise<void>;
}

/**
 * One timer, re-armed lazily: an event that moves the next time away leaves it as it is. It then fires in vain once,
 * and is armed anew for what is next; a timer per event would cost two events of the history each.
 */
export function createAlarmClock(): AlarmClock {
  let armed: { readonly at: number; readonly scope: CancellationScope; fired: boolean } | undefined;

  function arm(at: number): void {
    if (armed && !armed.fired && armed.at <= at) return;
    armed?.scope.cancel();
    const timer = { at, scope: new CancellationScope(), fired: false };
    armed = timer;
    timer.scope
      .run(() => sleep(Math.min(LONGEST_TIMER_MS, Math.max(1, at - Date.now()))))
      .then(
        () => (timer.fired = true),
        () => undefined,
      );
  }

  return {
    rung: (alarms) => alarms.filter(({ at }) => at <= Date.now()).sort((a, b) => a.at - b.at)[0],
    async wait(alarms, woken) {
      if (alarms.length === 0) return condition(woken);
      arm(Math.min(...alarms.map(({ at }) => at)));
      await condition(() => woken() || armed?.fired === true);
    },
  };
}
