import type { Meter } from '@adx/activity-middleware';
import { Runtime } from '@temporalio/worker';

/**
 * Records through the runtime of this process, from anywhere: background tasks run outside of activities, where there is
 * no meter of an activity. Without an exporter it records nowhere.
 */
export const runtimeMeter: Meter = {
  record(histogram, milliseconds, labels) {
    Runtime.instance().metricMeter.createHistogram(histogram, 'float', 'ms').record(milliseconds, labels);
  },
};
