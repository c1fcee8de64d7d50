import type { Json, StepState } from '@adx/contract-kit';
import { now } from '../operation.ts';
import { LongRunningMisuse } from './long-running-misuse.ts';
import type { Opened } from './plan.ts';

/** One lane: where its next batch begins, and how many it had. */
export interface Lane {
  /** Null at its end. */
  cursor: Json;
  batches: number;
}

/** All that a process knows of itself; what a new run takes over from the one before. */
export interface Carried {
  readonly startedAt: string;
  total: number;
  /** Of {@link Opened}: it took no time, so the estimate leaves it out. */
  readonly processedAtOpening: number;
  processed: number;
  failed: number;
  readonly lanes: Lane[];
  /** Milliseconds spent paused. */
  pausedMs: number;
  notices: number;
  /** The last batches that were set aside. */
  setAside: StepState[];
}

/** Carried state is read at the start of every run, and is an input: it stays far below the limits of both. */
const LONGEST_CARRIED = 8 * 1_024;

/** The state before the first batch. */
export function begin({ total, processed, failed, lanes }: Opened, startedAt = now()): Carried {
  return {
    startedAt,
    total,
    processedAtOpening: processed,
    processed,
    failed,
    lanes: lanes.map((cursor) => ({ cursor, batches: 0 })),
    pausedMs: 0,
    notices: 0,
    setAside: [],
  };
}

/** @throws LongRunningMisuse when it is too much */
export function checkSize(carried: Carried): Carried {
  const size = JSON.stringify(carried).length;
  if (size <= LONGEST_CARRIED) return carried;
  throw new LongRunningMisuse(
    `${size} bytes are to be carried over, at most ${LONGEST_CARRIED} may be: shorten cursors`,
  );
}
