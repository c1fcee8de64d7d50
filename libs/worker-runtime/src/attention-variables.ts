import { ATTENTION_REMINDERS, milliseconds } from '@adx/contract-kit';
import type { Duration } from '@adx/contract-kit';
import { z } from 'zod';
import { jsonVariable } from './json-variable.ts';

const isDuration = (text: unknown): text is Duration => {
  try {
    return milliseconds(text as Duration) > 0;
  } catch {
    return false;
  }
};

/** A variable that is a duration, as `10s`. */
export const DurationVariable = z.custom<Duration>(isDuration, "is no duration; write for example '10s' or '24h'");

/** How long a wait raises the level of what needs attention: the same for who shows it and for who reminds of it. */
export const AttentionVariables = {
  /** JSON: `["1h", "24h"]`, shortest first. */
  ADX_ATTENTION_REMINDERS: jsonVariable(z.array(DurationVariable).min(1).max(9)).default([...ATTENTION_REMINDERS]),
} as const;
