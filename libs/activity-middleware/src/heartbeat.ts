import { Context } from '@temporalio/activity';

/** How often within the heartbeat's timeout: one that is late must not cost the attempt. */
const BEATS = 3;

/** Tells the server that the attempt is alive, when its contract has a heartbeat: a killed worker is then noticed soon. */
export async function whileBeating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const { heartbeatTimeoutMs } = context.info;
  if (!heartbeatTimeoutMs) return work();
  const beat = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / BEATS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
