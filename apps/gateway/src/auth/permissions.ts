/** What a caller may be allowed to do. Every route names one, or says that it is public. */
export type Permission =
  | 'tenants:onboard'
  | 'tenants:read'
  | 'tenants:suspend'
  | 'tenants:offboard'
  | 'tenants:withdraw-offboarding'
  | 'tenants:export'
  | 'tenants:change-plan'
  | 'subjects:erase'
  | 'users:read'
  | 'users:write'
  | 'users:invite'
  | 'notifications:read'
  | 'notifications:send'
  | 'notifications:broadcast'
  | 'webhooks:write'
  | 'operations:read'
  | 'operations:cancel'
  | 'operations:resolve'
  | 'attention:read'
  | 'users:import'
  | 'directories:manage'
  | 'subscription:begin'
  | 'subscription:report'
  | 'subscription:read';

/** What a token's `role` may say. */
export type Role = 'operator' | 'owner' | 'member';

/** An operator belongs to no tenant and sees all; the others see their own. */
export const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  operator: [
    'tenants:onboard',
    'tenants:read',
    'tenants:suspend',
    'tenants:offboard',
    'tenants:withdraw-offboarding',
    'tenants:export',
    'subjects:erase',
    'operations:read',
    'operations:cancel',
    'operations:resolve',
    'attention:read',
    'notifications:read',
    'users:import',
    'subscription:begin',
    'subscription:report',
    'subscription:read',
  ],
  owner: [
    'tenants:read',
    'tenants:change-plan',
    'tenants:withdraw-offboarding',
    'tenants:export',
    'users:read',
    'users:write',
    'users:invite',
    'users:import',
    'directories:manage',
    'notifications:read',
    'notifications:send',
    'notifications:broadcast',
    'webhooks:write',
    'operations:read',
    'operations:cancel',
    'attention:read',
    'subscription:report',
    'subscription:read',
  ],
  member: ['tenants:read', 'users:read', 'notifications:read', 'operations:read'],
};
