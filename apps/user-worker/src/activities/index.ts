import { activateUser } from './activate-user.activity.ts';
import { addDirectory } from './add-directory.activity.ts';
import { addInvitedUser } from './add-invited-user.activity.ts';
import { addUser } from './add-user.activity.ts';
import { changeUser } from './change-user.activity.ts';
import { checkAcceptance } from './check-acceptance.activity.ts';
import { closeDirectorySync } from './close-directory-sync.activity.ts';
import { closeImport } from './close-import.activity.ts';
import { createOwner } from './create-owner.activity.ts';
import { findAddress } from './find-address.activity.ts';
import { importBatch, setImportBatchAside } from './import-batch.activity.ts';
import { openDirectorySync } from './open-directory-sync.activity.ts';
import { openImport } from './open-import.activity.ts';
import { openInvitation } from './open-invitation.activity.ts';
import { removeUser } from './remove-user.activity.ts';
import { setMemberAccess } from './set-member-access.activity.ts';
import { syncDirectoryPage } from './sync-directory-page.activity.ts';
import { userActivities } from './user-activities.ts';

export const activities = userActivities.handlers({
  createOwner,
  setMemberAccess,
  addUser,
  changeUser,
  removeUser,
  findAddress,
  addInvitedUser,
  openInvitation,
  checkAcceptance,
  activateUser,
  openImport,
  importBatch,
  setImportBatchAside,
  closeImport,
  addDirectory,
  openDirectorySync,
  syncDirectoryPage,
  closeDirectorySync,
});
