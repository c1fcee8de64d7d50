export { MEMBERS_PER_PAGE } from './audience.ts';
export { DIRECTORY_PAGES_MAX, DIRECTORY_PAGE_USERS, DirectoryId } from './directory.ts';
export { TokenProof } from './invitation.ts';
export { LONGEST_INVITATION_TOKEN, formatInvitationToken, parseInvitationToken } from './invitation-token.ts';
export type { InvitationToken } from './invitation-token.ts';
export { Email, Role, UserId, isEmail } from './user.ts';
export { UserChange, userContract } from './user.contract.ts';
export { IMPORT_ROWS_MAX, ImportId, MEMBERS_PER_EVENT, RowFault, RowRange } from './user-import.ts';
