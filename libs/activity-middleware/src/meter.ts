import { Context, asyncLocalStorage } from '@temporalio/activity';

/** The histograms of the kernel, in milliseconds. */
export type Histogram = 'activity_duration_ms' | 'db_transaction_duration_ms';

/** Where durations go. Labels have few values: each combination is a time series of its own. */
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
