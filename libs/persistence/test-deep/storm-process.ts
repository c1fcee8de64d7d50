import type { ForwardRequest } from '@adx/activity-middleware';
import { createUser, deleteUser } from '../test/step-fixture.ts';
import { connectUsers } from '../test/user-database.ts';

// A process of its own that attempts, undoes and settles the same steps as its brothers, as slowly as a zombie would.

/** What a storm left, as one of its processes saw it. */
export interface StormReport {
  readonly attempts: number;
  /** Outputs that forward attempts were given, by the number of the step. */
  readonly outputs: Readonly<Record<number, readonly string[]>>;
  /** Failures that no attempt may end in. */
  readonly unexpected: readonly string[];
}

interface Storm {
  readonly url: string;
  readonly steps: readonly ForwardRequest[];
  readonly forMs: number;
  readonly seed: number;
  readonly undoes: boolean;
}

const { url, steps, forMs, seed, undoes } = JSON.parse(process.env['STORM']!) as Storm;
/** Waiting is the worst that an attempt does: the others meet it in the middle. */
const LONGEST_MS = 60;
const IN_PARALLEL = 4;
const ALLOWED = ['StepBusy', 'StepFenced', 'DatabaseError'];

/** xorshift32: the same storm for the same seed, as far as a machine can. */
let state = seed * 2_654_435_761 + 1;
const random = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
};
const pause = () => new Promise((resolve) => setTimeout(resolve, random() * LONGEST_MS));

const users = connectUsers(url);
await users.ready();
process.send!('ready');
await new Promise((resolve) => void process.once('message', resolve));

const outputs: Record<number, string[]> = {};
const unexpected: string[] = [];
let attempts = 0;

async function act(): Promise<void> {
  const index = Math.floor(random() * steps.length);
  const step = { ...steps[index]!, attempt: Math.ceil(random() * 5) };
  attempts += 1;
  const dice = random();
  if (!undoes || dice < 0.75) {
    const output = await users.ledger.forward(step, async (tx) => {
      const made = await createUser(step)(tx);
      await pause();
      return made;
    });
    const texts = (outputs[index] ??= []);
    const text = JSON.stringify(output);
    if (!texts.includes(text)) texts.push(text);
  } else if (dice < 0.95) {
    await users.ledger.undo(step, async (tx, row) => {
      await pause();
      await deleteUser(tx, row);
    });
  } else await users.ledger.settle(step);
}

const end = Date.now() + forMs;
await Promise.all(
  Array.from({ length: IN_PARALLEL }, async () => {
    while (Date.now() < end) {
      await act().catch((error: { type?: string; message: string }) => {
        if (!ALLOWED.includes(error.type ?? '')) unexpected.push(`${error.type}: ${error.message}`);
      });
    }
  }),
);
await users.close();
process.send!({ attempts, outputs, unexpected } satisfies StormReport, () => process.disconnect());
