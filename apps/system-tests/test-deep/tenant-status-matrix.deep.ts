import { startTestPlatform } from '@adx/testing';
import { matrixOf } from '../src/tenant-status-matrix.ts';

// Every step of a suspension and of a resumption meets every kind of failure, and every undo does.

const platform = await startTestPlatform();
afterAll(() => platform.stop());

describe('suspendTenant', await matrixOf(platform, 'suspendTenant', 'active'));
describe('resumeTenant', await matrixOf(platform, 'resumeTenant', 'suspended'));
