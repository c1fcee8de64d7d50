import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { freePorts } from './free-port.ts';
import { startProcess } from './local-process.ts';
import type { LocalProcess } from './local-process.ts';

/** What the platform's operations are found by; every server knows these before the first workflow starts. */
export const SEARCH_ATTRIBUTES = ['TenantId', 'OperationType', 'OperationStatus', 'BusinessKey'] as const;
