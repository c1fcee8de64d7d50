import { setTimeout as delay } from 'node:timers/promises';

/** Wakes the relays of the own schema, those of other processes too. */
export const WAKE_RELAYS = `select pg_notify('adx_outbox_' || current_schema(), '')`;

/** So often a process wakes the relays at most. */
const SPACING_MS = 20;

/**
 * Says that rows of the outbox may be there, once for all that are said within {@link SPACING_MS}: the first at once, and
 * after the last one once more. A wake-up that fails is no loss, as relays look by themselves, too.
 */
export function createOutboxWake(notify: () => Promise<unknown>, spacingMs = SPACING_MS): () => void {
  let wanted = false;
  let running = false;
  return () => {
    wanted = true;
    if (!running) void run();
  };

  async function run(): Promise<void> {
    running = true;
    while (wanted) {
      wanted = false;
      await notify().catch(() => undefined);
      await delay(spacingMs, undefined, { ref: false });
    }
    running = false;
  }
}
