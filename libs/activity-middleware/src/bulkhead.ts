/** Keeps a slow external service from taking all activity slots of a process. */
export interface Bulkhead {
  /**
   * Runs the work when there is room; waits in a queue of bounded length.
   *
   * @throws UpstreamBusy when the queue is full, and what `signal` says when it aborts the wait
   */
  run<T>(service: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}
