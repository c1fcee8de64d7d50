import { z } from 'zod';

export const Plan = z.enum(['free', 'team', 'enterprise']);
