import { addToArray, addToUnion, removeFromArray, removeFromUnion } from '../edit/source-files.ts';
import type { Place } from './place.ts';

const FILE = 'apps/gateway/src/auth/permissions.ts';
const ROLES = { read: ['owner', 'member'], write: ['owner'] };

/** What callers may do with a service: its owners everything, its members look. */
export const permissions: Place = {
  add(tree, service) {
    for (const [what, roles] of Object.entries(ROLES)) {
      addToUnion(tree, FILE, 'Permission', `'${service}:${what}'`);
      for (const role of roles) addToArray(tree, FILE, ['PERMISSIONS', role], `'${service}:${what}'`);
    }
  },
  remove(tree, service) {
    for (const [what, roles] of Object.entries(ROLES)) {
      removeFromUnion(tree, FILE, 'Permission', `'${service}:${what}'`);
      for (const role of roles) removeFromArray(tree, FILE, ['PERMISSIONS', role], `'${service}:${what}'`);
    }
  },
};
