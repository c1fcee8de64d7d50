import { longRunning } from '@adx/workflow-patterns';
import { depotContract } from './depot.contract.ts';

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
