import { longRunning } from '@adx/workflow-patterns';
import { depotContract, yardContract } from './depot.contract.ts';

const { openMove, moveBatch, setBatchAside, closeMove, tellHowFar } = depotContract.activities;

const moving = (definition: typeof depotContract.workflows.moveParcels) =>
  longRunning(definition, {
    open: { activity: openMove, input: ({ job }) => ({ job }) },
    batch: { activity: moveBatch, input: ({ job }, { cursor, size }) => ({ job, after: cursor as number, size }) },
    setAside: {
      activity: setBatchAside,
      input: ({ job }, { cursor, size }, why) => ({ job, after: cursor as number, size, why }),
    },
    close: { activity: closeMove, input: ({ job }, ending) => ({ job, ending }) },
    notice: {
      every: { percent: 25 },
      send: { activity: tellHowFar, input: (_, { percentage }) => ({ percentage }) },
    },
    eventsPerRun: 120,
  });

export const moveParcels = moving(depotContract.workflows.moveParcels);

export const misnamedMove = moving(
  depotContract.workflows.movedByAnotherName as unknown as typeof depotContract.workflows.moveParcels,
);

/** As many a batch as the yard has at a time. */
export const moveListed = longRunning(depotContract.workflows.moveListed, {
  open: { activity: openMove, input: ({ job }) => ({ job }) },
  page: {
    activity: yardContract.activities.listParcels,
    input: (_, { cursor, size }) => ({ after: cursor as number, limit: size }),
  },
  batch: {
    activity: moveBatch,
    input: ({ job }, { cursor }, { found }) => ({ job, after: cursor as number, size: found }),
  },
  setAside: {
    activity: setBatchAside,
    input: ({ job }, { cursor }, why, { found }) => ({ job, after: cursor as number, size: found, why }),
  },
  close: { activity: closeMove, input: ({ job }, ending) => ({ job, ending }) },
  eventsPerRun: 120,
});
