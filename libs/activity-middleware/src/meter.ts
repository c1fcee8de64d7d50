import { Context, asyncLocalStorage } from '@temporalio/activity';

/** The histograms of the kernel, in milliseconds. */
export type Histogram =
  | 'activity_duration_ms'
  | 'db_transaction_duration_ms'
  /** Age of the oldest row that waits in an outbox. */
  | 'outbox_lag_ms'
  /** From an event's commit to its application in the receiver. */
  | 'projection_lag_ms';

/** A call to another system may take 30 s, a statement 5 s; most of what we do takes a few milliseconds. */
const DURATIONS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** What waits while its consumer is down waits for minutes. */
const LAGS_MS = [5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 300_000] as const;

/** The bounds of each histogram's buckets, for an exporter. */
export const HISTOGRAM_BUCKETS: Readonly<Record<Histogram, readonly number[]>> = {
  activity_duration_ms: DURATIONS_MS,
  db_transaction_duration_ms: DURATIONS_MS,
  projection_lag_ms: LAGS_MS,
  outbox_lag_ms: LAGS_MS,
};

/**
 * Where durations go. Labels have few values, as each combination is a time series of its own: never the id of a tenant,
 * a user or an operation.
 */
export interface Meter {
  record(histogram: Histogram, milliseconds: number, labels: Readonly<Record<string, string>>): void;
}

/**
 * Records through the meter of the running activity, and so through whatever exporter Temporal's runtime was installed
 * with; without one, and outside of activities, nowhere.
 */
export const temporalMeter: Meter = {
  record(histogram, milliseconds, labels) {
    if (!asyncLocalStorage.getStore()) return;
    Context.current().metricMeter.createHistogram(histogram, 'float', 'ms').record(milliseconds, labels);
  },
};

/** A meter that cannot break what it measures. */
export function harmless(meter: Meter): Meter {
  return {
    record(...measured) {
      try {
        meter.record(...measured);
      } catch {
        // A number that is lost is better than an effect that is.
      }
    },
  };
}
