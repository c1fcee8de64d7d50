import { defineActivity, defineContract, defineWorkflow } from '@adx/contract-kit';
import { resilient, saga, standard } from '@adx/workflow-patterns';
import type { Live, SagaRun } from '@adx/workflow-patterns';
import { z } from 'zod';

// What must not compile in a process. An expectation that is not met is itself an error.

const UserId = z.uuid().brand<'UserId'>();
const RoomId = z.uuid().brand<'RoomId'>();
const Stay = z.strictObject({ userId: UserId, nights: z.int() });
const Booked = z.strictObject({ roomId: RoomId });
const Reason = z.strictObject({ reason: z.enum(['late', 'full']) });
const options = { access: 'provisioning', bounds: { attempt: '5s', attempts: 3 } } as const;
const request = { output: Booked, identity: 'request' } as const;

const Paid = z.strictObject({ amount: z.int() });
const leave = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({ input: Stay, output: Booked }),
  ...request,
});

const hotel = defineContract({
  service: 'hotel',
  taskQueue: 'hotel',
  activities: {
    reserve: defineActivity({ kind: 'compensatable', input: Stay, output: Booked, ...options }),
    checkIn: defineActivity({ kind: 'pivot', because: 'the key is out', input: Booked, output: Booked, ...options }),
    greet: defineActivity({ kind: 'retriable', input: Reason, output: Booked, ...options }),
    clean: defineActivity({
      kind: 'compensatable',
      input: Booked,
      output: Booked,
      errors: { Occupied: Reason },
      ...options,
    }),
    look: defineActivity({ kind: 'readonly', input: Booked, output: Booked, ...options }),
  },
  workflows: {
    stay: defineWorkflow({ pattern: 'saga', input: Stay, ...request, signals: { paid: Paid }, undoneBy: leave }),
    leave,
    season: defineWorkflow({ pattern: 'long-running', input: Stay, ...request }),
    checkInGuest: defineWorkflow({ pattern: 'standard', input: Booked, ...request }),
    cleanUp: defineWorkflow({ pattern: 'resilient', input: Booked, ...request }),
    greetGuest: defineWorkflow({ pattern: 'standard', input: Reason, ...request }),
  },
});
const { reserve, checkIn, clean, greet, look } = hotel.activities;
const { stay, season, checkInGuest, cleanUp, greetGuest } = hotel.workflows;
type Told = typeof stay.signals;

export const good = saga(
  stay,
  async (run, input) => {
    const { roomId } = await run.step(reserve, { userId: input.userId, nights: input.nights });
    const live = await run.pivot(checkIn, { roomId });
    await live.tail(greet, { reason: 'late' });
    return live.output;
  },
  { deadline: '15m' },
);

/** Each verb takes its own kind of activity. */
export async function kinds(run: SagaRun, roomId: z.output<typeof RoomId>, userId: z.output<typeof UserId>) {
  // @ts-expect-error a pivot is no step: it has no undo
  await run.step(checkIn, { roomId });
  // @ts-expect-error nor is what is tried until it succeeds
  await run.step(greet, { reason: 'late' });
  // @ts-expect-error nor a query
  await run.step(look, { roomId });
  // @ts-expect-error what can be undone is no pivot
  await run.pivot(reserve, { userId, nights: 1 });
  // @ts-expect-error nor is what is tried until it succeeds
  await run.pivot(greet, { reason: 'late' });
  const live = await run.pivot(checkIn, { roomId });
  // @ts-expect-error what can be undone does not belong behind the pivot
  await live.tail(reserve, { userId, nights: 1 });
  // @ts-expect-error nor does a second pivot
  await live.tail(checkIn, { roomId });
}

/** The tail comes into being with the pivot. */
export async function order(run: SagaRun, live: Live<unknown>) {
  // @ts-expect-error there is no tail before it
  void run.tail;
  // @ts-expect-error and no step behind it
  void live.step;
  // @ts-expect-error the result of a saga cannot depend on its tail
  const { roomId } = await live.tail(greet, { reason: 'late' });
  return roomId;
}

/** An input is what the contract says, and nothing more. */
export async function inputs(run: SagaRun, userId: z.output<typeof UserId>, plain: string) {
  const exact = { userId, nights: 2 };
  await run.step(reserve, exact);
  const wider = { userId, nights: 2, minibar: true };
  // @ts-expect-error a key too many, also in a variable: the strict schema would refuse it at run time
  await run.step(reserve, wider);
  // @ts-expect-error a key too many
  await run.step(reserve, { userId, nights: 2, minibar: true });
  // @ts-expect-error a key too few
  await run.step(reserve, { userId });
  // @ts-expect-error a value of another type
  await run.step(reserve, { userId, nights: '2' });
  // @ts-expect-error a text is no user id
  await run.step(reserve, { userId: plain, nights: 2 });
  // @ts-expect-error one id is not another
  await run.pivot(checkIn, { roomId: userId });
  const { output, tail } = await run.pivot(checkIn, await run.step(reserve, exact));
  // @ts-expect-error a value that the list does not have
  await tail(greet, { reason: 'early' });
  // @ts-expect-error an output that the contract does not have
  void output.floor;
}

/** A step that may fail tells how it ended; a query has no undo. */
export async function optionalAndRead(run: SagaRun, userId: z.output<typeof UserId>) {
  const room = await run.optional(reserve, { userId, nights: 1 });
  // @ts-expect-error there is an output only when it succeeded
  void room.output;
  if (!room.ok) return room.error.type;
  await run.read(look, room.output);
  // @ts-expect-error what has an effect is no query
  await run.read(reserve, { userId, nights: 1 });
  // @ts-expect-error a query needs no verb for what may be undone
  await run.optional(look, room.output);
  // @ts-expect-error a key too many
  await run.optional(reserve, { userId, nights: 1, minibar: true });
  return room.output.roomId;
}

/** A group gives what each of its branches gave. */
export async function groups(run: SagaRun, userId: z.output<typeof UserId>) {
  const { first, second } = await run.parallel({
    first: () => run.step(reserve, { userId, nights: 1 }),
    second: async () => 2,
  });
  await run.read(look, first);
  // @ts-expect-error a number is no room
  await run.read(look, second);
  // @ts-expect-error a branch begins when the group says so, not before
  await run.parallel({ first: run.step(reserve, { userId, nights: 1 }) });
}

/** Only a saga that says how a finished one is undone is a step before the pivot. */
export async function children(run: SagaRun, live: Live<unknown>, userId: z.output<typeof UserId>) {
  const { roomId } = await run.child(stay, { userId, nights: 1 });
  // @ts-expect-error a key too many
  await run.child(stay, { userId, nights: 1, minibar: true });
  // @ts-expect-error it has no undoneBy
  await run.child(hotel.workflows.leave, { input: { userId, nights: 1 }, output: { roomId } });
  await live.child(hotel.workflows.leave, { input: { userId, nights: 1 }, output: { roomId } });
  // @ts-expect-error a process of another pattern has none, either
  await run.child(season, { userId, nights: 1 });
  await live.child(season, { userId, nights: 1 });
}

// @ts-expect-error what undoes a saga takes what that one got and gave
defineWorkflow({ pattern: 'saga', input: Reason, ...request, undoneBy: leave });
// @ts-expect-error and is a saga itself
defineWorkflow({ pattern: 'saga', input: Stay, ...request, undoneBy: season });

/** What a process is told is what its contract declares. */
export async function waits(run: SagaRun<Told>, untold: SagaRun) {
  const { amount } = await run.waitFor('paid');
  const inTime = await run.waitFor('paid', { within: '7d' });
  // @ts-expect-error it may not have come in time
  void inTime.amount;
  // @ts-expect-error a signal that the contract does not have
  await run.waitFor('refunded');
  // @ts-expect-error and one of another process
  await untold.waitFor('paid');
  await untold.waitFor('7d');
  // @ts-expect-error a time that is none
  await untold.waitFor('soon');
  return amount;
}

// @ts-expect-error what the body returns is the output that the contract declares
saga(stay, (_run, { userId }) => Promise.resolve({ userId }), { deadline: '15m' });
const never = () => Promise.reject(new Error('never'));
// @ts-expect-error a process of another pattern
saga(season, never, { deadline: '15m' });
// @ts-expect-error a saga has a deadline
saga(stay, never);
// @ts-expect-error which is a duration
saga(stay, never, { deadline: 'soon' });
// @ts-expect-error what is no part of a contract
saga(defineWorkflow({ pattern: 'saga', input: Stay, ...request }), never, { deadline: '15m' });

/** A standard process is its one effect, of the same input and output. */
export const goodStandard = standard(checkInGuest, checkIn);
// @ts-expect-error an effect that has an undo belongs into a saga
standard(checkInGuest, reserve);
// @ts-expect-error so does what is tried until it succeeds
standard(greetGuest, greet);
// @ts-expect-error a query is no effect
standard(checkInGuest, look);
// @ts-expect-error the process takes another input than its effect
standard(greetGuest, checkIn);
// @ts-expect-error a process of another pattern
standard(stay, checkIn);

/** A policy is exhaustive over the errors that its steps declare. */
export const goodResilient = resilient(
  cleanUp,
  {
    steps: { clean },
    policy: { Occupied: 'set-aside', DatabaseError: { retry: 5, then: 'escalate' } },
    deadline: '1d',
  },
  async (run, { roomId }) => {
    const cleaned = await run.optional(clean, { roomId });
    // @ts-expect-error there is an output only when it was not set aside
    void cleaned.output;
    // @ts-expect-error a key too many
    await run.step(clean, { roomId, towels: 2 });
    // @ts-expect-error an activity that is not among its steps: nobody decided on its errors
    await run.step(reserve, { roomId });
    return run.step(clean, { roomId });
  },
);
const cleans = { steps: { clean }, deadline: '1d' } as const;
// @ts-expect-error an error that nobody decided on
resilient(cleanUp, { ...cleans, policy: {} }, never);
// @ts-expect-error an error that no step declares
resilient(cleanUp, { ...cleans, policy: { Occupied: 'retry', Haunted: 'retry' } }, never);
// @ts-expect-error no decision
resilient(cleanUp, { ...cleans, policy: { Occupied: 'ignore' } }, never);
// @ts-expect-error the last resort of a retry is no other retry
resilient(cleanUp, { ...cleans, policy: { Occupied: { retry: 3, then: 'retry' } } }, never);
// @ts-expect-error a refusal is waited for, whatever a policy says
resilient(cleanUp, { ...cleans, policy: { Occupied: 'retry', RateLimited: 'compensate' } }, never);
// @ts-expect-error what cannot be undone is no step of it
resilient(cleanUp, { steps: { clean, checkIn }, policy: { Occupied: 'retry' }, deadline: '1d' }, never);
// @ts-expect-error a process of another pattern
resilient(stay, { ...cleans, policy: { Occupied: 'retry' } }, never);
