import type { RawTransaction } from './raw-transaction.ts';

/** The status of a tenant, as one service knows it. */
export type TenantAccessStatus = 'pending' | 'active' | 'suspended';

/** What this service knows of who may act, always for the tenant of the transaction. */
export interface AccessRows {
  /** The tenant's status in this service; members may act while it is `active`. */
  openTenant(status: TenantAccessStatus): Promise<void>;
  closeTenant(): Promise<void>;
  /** Null when this service does not know the tenant. */
  tenantStatus(): Promise<TenantAccessStatus | null>;
  /** A change of another service's tenant, by its owner's number; one that is not newer than what is known does nothing. */
  changeTenant(status: TenantAccessStatus, version: number): Promise<void>;
  /** Takes {@link AccessRows.changeTenant} back, unless something newer has come: to what {@link AccessRows.tenantStatus} said before. */
  restoreTenant(status: TenantAccessStatus | null, version: number): Promise<void>;
  grantMember(subject: string, roles: readonly string[]): Promise<void>;
  revokeMember(subject: string): Promise<void>;
  /**
   * What another service tells of a member. Without roles the row stays: it is what {@link AccessRows.projectNewMembers}
   * must not overwrite when it comes late.
   */
  projectMember(subject: string, roles: readonly string[]): Promise<void>;
  /** The same of many new ones, for whom there is no order: who is known already is left alone. */
  projectNewMembers(subjects: readonly string[], role: string): Promise<void>;
  /** Whether this service knows the subject as a member; the news of a new one may still be on its way. */
  isMember(subject: string): Promise<boolean>;
  /** Those of many of whom this service was told that they are members no longer. */
  removedAmong(subjects: readonly string[]): Promise<readonly string[]>;
  /** How many members this service knows of. */
  countMembers(): Promise<number>;
  /** The rate limits of the tenant in this service, by the name they have in its configuration; null: the default. */
  assignPlan(plan: string | null): Promise<void>;
}

/** The access rows, within a tenant transaction: they commit with the effect or not at all. */
export function accessRows(tx: RawTransaction): AccessRows {
  const openTenant = async (status: TenantAccessStatus) =>
    void (await tx.$queryRaw`select open_tenant_access(${status})::text`);
  const closeTenant = async () => void (await tx.$queryRaw`select close_tenant_access()::text`);
  const grantMember = async (subject: string, roles: readonly string[]) =>
    void (await tx.$queryRaw`select grant_member_access(${subject}, ${[...roles]}::text[])::text`);
  return {
    openTenant,
    closeTenant,
    grantMember,
    projectMember: grantMember,
    projectNewMembers: async (subjects, role) =>
      void (await tx.$queryRaw`select add_members_access(${[...subjects]}::text[], ${role})::text`),
    async tenantStatus() {
      const rows =
        (await tx.$queryRaw`select status from access_tenant where tenant_id = current_tenant()`) as readonly {
          readonly status: TenantAccessStatus;
        }[];
      return rows[0]?.status ?? null;
    },
    changeTenant: async (status, version) =>
      void (await tx.$queryRaw`select change_tenant_access(${status}, ${version}::bigint)::text`),
    restoreTenant: async (status, version) =>
      void (await tx.$queryRaw`select restore_tenant_access(${status}, ${version}::bigint)::text`),
    assignPlan: async (plan) => void (await tx.$queryRaw`select assign_rate_plan(${plan})::text`),
    isMember: async (subject) => {
      const rows = (await tx.$queryRaw`
        select 1 from access_member where subject = ${subject} and roles <> '{}'`) as readonly unknown[];
      return rows.length > 0;
    },
    removedAmong: async (subjects) => {
      const rows = (await tx.$queryRaw`
        select subject from access_member
          where subject = any(${[...subjects]}::text[]) and roles = '{}'`) as readonly { readonly subject: string }[];
      return rows.map(({ subject }) => subject);
    },
    countMembers: async () => {
      const [{ count }] = (await tx.$queryRaw`
        select count(*)::int as count from access_member where roles <> '{}'`) as [{ readonly count: number }];
      return count;
    },
    revokeMember: async (subject) => void (await tx.$queryRaw`select revoke_member_access(${subject})::text`),
  };
}
