import { declaredError, failure } from '@adx/contract-kit';
import type { FailureType, FaultInjector, FaultPoint, FaultSite, StepMode } from '@adx/contract-kit';

/** What happens to an attempt that meets a fault. */
export type FaultAction =
  /** Throws an ordinary error: worth another attempt. */
  | { readonly kind: 'error' }
  /** Throws a failure of the kernel. */
  | { readonly kind: 'failure'; readonly type: FailureType }
  /** Throws a declared error of the service, with these details. */
  | { readonly kind: 'declared'; readonly name: string; readonly details: Record<string, string> }
  /** Holds the attempt until the plan is cleared: to its caller it looks like a paused process. */
  | { readonly kind: 'hang' }
  /** Ends the process as `kill -9` does: nothing after this line runs. */
  | { readonly kind: 'kill' };

/** One fault: where, what, and how often. */
export interface Fault {
  readonly activity: string;
  readonly point: FaultPoint;
  /** Default `forward`. */
  readonly mode?: StepMode;
  readonly action: FaultAction;
  /** How often it fires; default: every time. */
  readonly times?: number;
  /** How many passages it lets through first; default none. */
  readonly skip?: number;
}

/** An injector whose faults can be set anew, and which knows which of them fired. */
export interface FaultPlan extends FaultInjector {
  /** Replaces all faults; attempts that hang go on. */
  set(...faults: Fault[]): void;
  /** How often each fault of the plan fired, in its order. */
  fired(): readonly number[];
}

/**
 * A fault plan for tests and demonstrations.
 *
 * @param onFired is called before the fault takes effect: after a `kill` there is no later
 */
export function createFaultPlan(faults: readonly Fault[] = [], onFired?: (site: FaultSite) => void): FaultPlan {
  let entries: { readonly fault: Fault; seen: number; fired: number }[] = [];
  let released = Promise.withResolvers<void>();

  const set = (...next: Fault[]) => {
    released.resolve();
    released = Promise.withResolvers();
    entries = next.map((fault) => ({ fault, seen: 0, fired: 0 }));
  };
  set(...faults);

  return {
    set,
    fired: () => entries.map(({ fired }) => fired),
    async pass(site) {
      const here = entries.filter(
        ({ fault }) =>
          fault.activity === site.activity && fault.point === site.point && (fault.mode ?? 'forward') === site.mode,
      );
      for (const entry of here) entry.seen += 1;
      const entry = here.find(
        ({ fault, seen, fired }) => seen > (fault.skip ?? 0) && fired < (fault.times ?? Number.POSITIVE_INFINITY),
      );
      if (!entry) return;
      entry.fired += 1;
      onFired?.(site);
      await act(entry.fault.action, site, released.promise);
    },
  };
}

async function act(action: FaultAction, site: FaultSite, released: Promise<void>): Promise<void> {
  const where = `${site.service}.${site.activity} ${site.mode} ${site.point}`;
  switch (action.kind) {
    case 'error':
      throw new Error(`injected at ${where}`);
    case 'failure':
      throw failure(action.type, `injected at ${where}`);
    case 'declared':
      throw declaredError(site.service, action.name, action.details);
    case 'hang':
      return released;
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      // The signal is delivered between two turns of the loop; this attempt must not go on before it.
      return new Promise(() => undefined);
  }
}
