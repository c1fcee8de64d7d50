import * as scenarios from '../../../generated/tour.ts';
import type { Scenario } from '../stage.ts';

/**
 * What `npm run demo -- --all` tells after the five stories: with these, every process of the platform is shown. A story
 * is told by being there, as a `*.scenario.ts` of this folder.
 */
export const TOUR: readonly Scenario[] = Object.values(scenarios);
