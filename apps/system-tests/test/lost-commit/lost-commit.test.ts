import { randomUUID } from 'node:crypto';
import { formatOperationId } from '@adx/contract-kit';
import type { ActivityDefinition, Bound, Json, Out } from '@adx/contract-kit';
import { SERVICES_BY_NAME } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import * as scenes from '../../generated/scenes.ts';
import { everyRow, more } from './every-row.ts';
import type { Rows } from './every-row.ts';
import { openStage } from './stage.ts';
import type { Stage, StageCall } from './stage.ts';
import { END, LIFE } from './story.ts';
import type { Scene, SoFar } from './story.ts';

// The reply to a COMMIT is lost for every activity of every service, and for every undo: the attempt fails, its
// effect is there. Each scene builds on those before it, so the first red one is the one to look at.

/** Services that have nothing to do with the life of a tenant have their scenes in `<service>.<activity>.scenes.ts`. */
const STORY: readonly Scene[] = [...LIFE, ...Object.values<readonly Scene[]>(scenes).flat(), ...END];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.stop());

const outputs = new Map<string, Json>();
/** In which operation the effect of an activity was caused that is still there. */
const operations = new Map<string, string>();
const nameOf = ({ service, name }: Bound) => `${service}.${name}`;

const so: SoFar = {
  get stage() {
    return stage;
  },
  outputOf: <D extends ActivityDefinition & Bound>(activity: D) => outputs.get(nameOf(activity)) as Out<D>,
  again: async <D extends ActivityDefinition & Bound>(activity: D, input: unknown) => {
    const { as } = STORY.find((scene) => scene.activity.name === activity.name)!;
    return (await stage.attempt(await callOf({ activity, as }, input as Json), 1)) as Out<D>;
  },
};

async function callOf(
  { activity, as }: Pick<Scene, 'activity' | 'as'>,
  input: Json,
  within?: Bound,
): Promise<StageCall> {
  const { tenantId } = stage;
  const claims =
    as === 'operator'
      ? ({ sub: 'an operator', kind: 'operator', tenantId, roles: ['operator'] } as const)
      : ({ sub: so.outputOf(userContract.activities.createOwner).ownerId, kind: 'user', tenantId, roles: [] } as const);
  const operationId = within
    ? operations.get(nameOf(within))!
    : formatOperationId({ tenantId, workflowType: 'scene', key: randomUUID() });
  return { activity, mode: 'forward', operationId, principal: await stage.keys.signer.sign(claims), input };
}

/** An attempt whose COMMIT reply is lost, and the next one. @returns the rows around it, and what the next one answers */
async function lose(call: StageCall): Promise<{ readonly before: Rows; readonly after: Rows; readonly output: Json }> {
  const before = await everyRow(stage.database.superuser);
  const lost = stage.lost();
  stage.loseCommitReplyOf(call);
  await expect(stage.attempt(call, 1)).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
  expect(stage.lost()).toBe(lost + 1);
  const after = await everyRow(stage.database.superuser);
  const output = await stage.attempt(call, 2);
  // Whatever the effect is: it is there once.
  expect(await everyRow(stage.database.superuser)).toEqual(after);
  return { before, after, output };
}

/** What a step has left in its ledger and in the audit. */
async function tracesOf({ activity, operationId }: StageCall) {
  const ask = async <R>(table: string, columns: string) =>
    (
      await stage.database.superuser.query(
        `select ${columns} from "${activity.service}".${table} where operation_id = $1 and step = $2 order by 1`,
        [operationId, activity.name],
      )
    ).rows as R[];
  return {
    ledger: await ask<{ state: string; output: Json }>('step_ledger', 'state, output'),
    audit: (await ask<{ entry: string }>('audit_pending', `action || ' ' || outcome as entry`)).map(
      ({ entry }) => entry,
    ),
  };
}

describe('a lost COMMIT reply', () => {
  test.each(STORY.map((scene) => [nameOf(scene.activity), scene] as const))(
    'of %s leaves one effect, one audit entry and each row of the outbox once',
    async (name, scene) => {
      const { activity, tells } = scene;
      const outbox = `${activity.service === 'user' ? '"user"' : activity.service}.outbox`;
      await scene.before?.(so);
      const call = await callOf(scene, (await scene.input(so)) as Json, scene.within);
      const calls = stage.callsTaken();
      const { before, after, output } = await lose(call);
      expect(stage.callsTaken() - calls).toBe(scene.calls);
      if (scene.removes) expect(after[outbox]).toEqual([]);
      else expect(more(before, after, outbox)).toBe(tells);
      if (activity.kind === 'readonly') expect(after).toEqual(before);
      else {
        const traces = { ledger: [{ state: 'done', output }], audit: [`${activity.name} succeeded`] };
        expect(await tracesOf(call)).toEqual(traces);
      }
      outputs.set(name, output);
      operations.set(name, call.operationId);
      if (activity.kind === 'compensatable') await undoAndDoAgain(scene, call, outbox);
    },
  );

  async function undoAndDoAgain(scene: Scene, call: StageCall, outbox: string): Promise<void> {
    const { activity } = scene;
    const calls = stage.callsTaken();
    const { before, after } = await lose({ ...call, mode: 'undo' });
    expect(stage.callsTaken()).toBe(calls);
    expect(more(before, after, outbox)).toBe(scene.undoTells);
    const traces = await tracesOf(call);
    expect(traces.ledger).toMatchObject([{ state: 'undone' }]);
    expect(traces.audit).toEqual([`${activity.name} succeeded`, `${activity.name}.undo undone`]);
    // The scenes that follow build on it.
    const next = await callOf(scene, (await scene.input(so)) as Json);
    outputs.set(nameOf(activity), await stage.attempt(next, 1));
    operations.set(nameOf(activity), next.operationId);
  }
});

test('every activity of every service has its scene', () => {
  const contracts = Object.values(SERVICES_BY_NAME).map(({ contract }) => contract);
  const all = contracts.flatMap(({ activities }) => Object.values(activities).map(nameOf));
  expect(STORY.map(({ activity }) => nameOf(activity)).toSorted()).toEqual(all.toSorted());
});
