import { Plan } from '@adx/tenant-contract';
import { z } from 'zod';

/** How many seats a tenant of each plan has for invited users. */
export const SeatsByPlan = z.record(Plan, z.int().min(0));
export type SeatsByPlan = z.output<typeof SeatsByPlan>;

/** A product decision that operators change: these let a small team begin. */
export const DEFAULT_SEATS: SeatsByPlan = { free: 5, team: 50, enterprise: 1_000 };
