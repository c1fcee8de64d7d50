import type { Scenario } from '../stage.ts';
import { everybodyTold } from './broadcast.scenario.ts';
import { directoryRefused } from './directory.scenario.ts';
import { personErased } from './erasure.scenario.ts';
import { usersImported } from './import.scenario.ts';
import { invitationAccepted, invitationWithdrawn } from './invitation.scenarios.ts';
import { memberNotified } from './notification.scenario.ts';
import { tenantOffboarded } from './offboarding.scenario.ts';
import { planChanged } from './plan.scenario.ts';
import { inconsistencyFound } from './reconciliation.scenario.ts';
import { subscriptionLived } from './subscription.scenario.ts';
import { suspendedByOperator } from './suspension.scenario.ts';
import { usersChanged } from './users.scenario.ts';
import { webhookRegistered } from './webhook.scenario.ts';

/** What `npm run demo -- --all` tells after the five stories: with these, every process of the platform is shown. */
export const TOUR: readonly Scenario[] = [
  usersChanged,
  planChanged,
  memberNotified,
  everybodyTold,
  invitationAccepted,
  invitationWithdrawn,
  usersImported,
  subscriptionLived,
  suspendedByOperator,
  directoryRefused,
  webhookRegistered,
  personErased,
  tenantOffboarded,
  inconsistencyFound,
];
