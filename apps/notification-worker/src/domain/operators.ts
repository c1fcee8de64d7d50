import { NO_TENANT } from '@adx/contract-kit';

/** The recipient of what is written to all operators: they are users of no tenant. */
export const OPERATORS = NO_TENANT;
