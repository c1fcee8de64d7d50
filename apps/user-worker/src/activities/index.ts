import { closeImport } from './close-import.activity.ts';
import { createOwner } from './create-owner.activity.ts';
import { importBatch, setImportBatchAside } from './import-batch.activity.ts';
import { openImport } from './open-import.activity.ts';
import { userActivities } from './user-activities.ts';

export const activities = userActivities.handlers({
  createOwner,
  openImport,
  importBatch,
  setImportBatchAside,
  closeImport,
});
