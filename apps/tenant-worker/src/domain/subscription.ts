import type { EntityReason } from '@adx/contract-kit';
import type { SubscriptionEvent, SubscriptionState } from '@adx/tenant-contract';
import type { z } from 'zod';

const DAY_MS = 86_400_000;
const TRIAL_DAYS = 14;
const PERIOD_DAYS = 30;
/** From a missed payment to the suspension, and from there to the end. */
const GRACE_DAYS = 14;
const SUSPENSION_DAYS = 90;
const MOST_FAILED_PAYMENTS = 3;

/** A subscription as its rules see it. */
export interface Subscription {
  readonly state: z.output<typeof SubscriptionState>;
  readonly plan: string;
  /** When something happens without an event; null once it has ended. */
  readonly dueAt: Date | null;
  readonly failedPayments: number;
  readonly usageUnits: number;
  /** It was cancelled, and is paid for until it is due. */
  readonly cancelAtDue: boolean;
  readonly endedBecause: EntityReason | null;
}

const daysAfter = (at: Date, days: number): Date => new Date(at.getTime() + days * DAY_MS);

/** A new subscription: two weeks for nothing. */
export function beginTrial(plan: string, at: Date): Subscription {
  return {
    state: 'trial',
    plan,
    dueAt: daysAfter(at, TRIAL_DAYS),
    failedPayments: 0,
    usageUnits: 0,
    cancelAtDue: false,
    endedBecause: null,
  };
}

/** What an event makes of a subscription that has not ended. */
export function applyEvent(subscription: Subscription, event: SubscriptionEvent, at: Date): Subscription {
  switch (event.type) {
    case 'paymentSucceeded': {
      // Who pays early loses no day; who pays late begins anew.
      const from = subscription.state === 'active' && subscription.dueAt ? subscription.dueAt : at;
      return { ...subscription, state: 'active', failedPayments: 0, dueAt: daysAfter(from, PERIOD_DAYS) };
    }
    case 'paymentFailed': {
      const failed = { ...subscription, failedPayments: subscription.failedPayments + 1 };
      if (failed.state === 'suspended') return failed;
      if (failed.failedPayments >= MOST_FAILED_PAYMENTS) return suspend(failed, at);
      return failed.state === 'past-due' ? failed : fallDue(failed, at);
    }
    case 'usageReported':
      return { ...subscription, usageUnits: subscription.usageUnits + event.data.units };
    case 'planChanged':
      return { ...subscription, plan: event.data.plan };
    case 'cancellationRequested':
      return subscription.state === 'active' ? { ...subscription, cancelAtDue: true } : end(subscription, 'event');
  }
}

/** What its due time makes of a subscription that has not ended. */
export function passDueTime(subscription: Subscription, at: Date): Subscription {
  if (subscription.cancelAtDue || subscription.state === 'suspended') return end(subscription, 'due');
  return subscription.state === 'past-due' ? suspend(subscription, at) : fallDue(subscription, at);
}

/** Nothing happens to it any more. */
export function end(subscription: Subscription, reason: EntityReason): Subscription {
  return { ...subscription, state: 'ended', dueAt: null, endedBecause: reason };
}

function fallDue(subscription: Subscription, at: Date): Subscription {
  return { ...subscription, state: 'past-due', dueAt: daysAfter(at, GRACE_DAYS) };
}

function suspend(subscription: Subscription, at: Date): Subscription {
  return { ...subscription, state: 'suspended', dueAt: daysAfter(at, SUSPENSION_DAYS) };
}
