import { compose } from './compose.ts';
import { images } from './images.ts';
import { manifests } from './manifests.ts';
import { owners } from './owners.ts';
import { packages } from './packages.ts';
import { permissions } from './permissions.ts';
import type { Place } from './place.ts';

/** Everywhere that a service is named by hand; all the rest finds it by its folders. */
export const PLACES: readonly Place[] = [packages, owners, permissions, images, compose, manifests];
