import type { Pool } from 'pg';

/** The functions that may run as the owner. A new one is a hole until somebody has looked at it: add it here then. */
const DEFINERS = [
  'add_members_access',
  'assign_rate_plan',
  'audit_attempt',
  'begin_read',
  'begin_external_undo',
  'begin_step',
  'breaker_permit',
  'breaker_report',
  'change_tenant_access',
  'close_tenant_access',
  'discard_outbox',
  'erase_from_ledger',
  'event_applied',
  'event_failed',
  'finish_step',
  'grant_member_access',
  'grant_members_access',
  'hold_external_undo',
  'next_event',
  'open_tenant_access',
  'put_outbox',
  'receive_event',
  'release_external_undo',
  'release_step',
  'remove_rows',
  'requeue_inbox',
  'requeue_outbox',
  'restore_tenant_access',
  'revoke_member_access',
  'start_step',
  'take_permits',
  'write_outbox',
];
const KERNEL_TABLES = [
  'step_ledger',
  'access_tenant',
  'access_member',
  'audit_pending',
  'audit',
  'audit_head',
  'rate_limit',
  'rate_plan',
  'outbox',
  'outbox_sequence',
  'inbox',
  'inbox_position',
];
/** Works for all tenants, on these tables and no others; on the chain it may only append. */
const SEALER_RIGHTS = {
  audit: ['insert', 'select'],
  audit_head: ['insert', 'select', 'update'],
  audit_pending: ['delete', 'select'],
} as const;
/** Works off the outbox of all tenants. */
const RELAY_RIGHTS = { outbox: ['delete', 'select', 'update'] } as const;
/** Looks at what is left over, and removes what is old; of the ledger rows, and of no other that says what happened. */
const RECONCILER_RIGHTS: Record<string, readonly string[]> = {
  step_ledger: ['delete', 'select'],
  outbox: ['select'],
  // For the lock.
  outbox_sequence: ['delete', 'select', 'update'],
  inbox: ['select'],
  invitation: ['select'],
  user_import: ['select'],
  user_import_upload: ['delete', 'select'],
  user_import_row: ['delete', 'select'],
  user_import_failure: ['delete', 'select'],
  user_import_batch: ['delete', 'select'],
};
/** Of these only a person with the owner's rights may make use. */
const NOT_FOR_THE_APP = ['discard_outbox', 'put_outbox', 'requeue_inbox', 'requeue_outbox', 'write_outbox'];
/**
 * Tables that belong to no tenant, each with its reason; the app role has no right to them at all:
 * - `_migration`: the history of the schema;
 * - `external_breaker`: the state of other systems, which is everybody's; the app role reaches it by functions only.
 */
export const WITHOUT_TENANT = ['_migration', 'external_breaker'];
/** Unique keys that do not begin with the tenant, each with its reason. */
const SPANNING_KEYS: Record<string, string> = { tenant_slug_key: 'a slug is a host name, of which the world has one' };
const POLICY = `(tenant_id = (NULLIF(current_setting('adx.tenant_id'::text, true), ''::text))::uuid)`;

/** Everything in a service's schema that could let a tenant see another one, or the app role forge what it did. */
export async function catalogueFaults(superuser: Pool, service: string): Promise<string[]> {
  const schema = `"${service}"`;
  const app = `${service}_app`;
  const owner = `${service}_owner`;
  const names = async (sql: string, values: readonly unknown[]) =>
    (await superuser.query<{ fault: string }>(sql, [...values])).rows.map(({ fault }) => fault);
  const rightsBeyond = (role: string, rights: Readonly<Record<string, readonly string[]>>) =>
    names(
      `select t.relname || ': the ' || $4 || ' may ' || right_name as fault from pg_class t,
           unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']) right_name
         where t.relnamespace = $1::regnamespace and t.relkind in ('r', 'p', 'v')
           and has_table_privilege($2, t.oid, right_name)
           and not coalesce(($3::jsonb -> t.relname) ? right_name, false)
       union all
       select p.proname || ': the ' || $4 || ' may execute it' from pg_proc p
         where p.pronamespace = $1::regnamespace and has_function_privilege($2, p.oid, 'execute')`,
      [schema, `${service}_${role}`, JSON.stringify(rights), role],
    );

  return [
    ...(await names(
      `select relname || ': row security is not enabled and forced' as fault from pg_class
         where relnamespace = $1::regnamespace and relkind in ('r', 'p') and relname <> all ($2)
           and not (relrowsecurity and relforcerowsecurity)`,
      [schema, WITHOUT_TENANT],
    )),
    ...(await names(
      `select relname || ': has no tenant_id that is never null' as fault from pg_class c
         where relnamespace = $1::regnamespace and relkind in ('r', 'p') and relname <> all ($2)
           and not exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id' and attnotnull)`,
      [schema, WITHOUT_TENANT],
    )),
    ...(await names(
      `select relname || ': its policies are not exactly the one of tenants' as fault from pg_class c
         where relnamespace = $1::regnamespace and relkind in ('r', 'p') and relname <> all ($2)
           and (select array_agg(row(polname, polpermissive, polcmd, polroles, pg_get_expr(polqual, polrelid),
                                     pg_get_expr(polwithcheck, polrelid))::text)
                  from pg_policy where polrelid = c.oid
                   and not (polname = 'sealer' and polroles = array[$4::regrole::oid] and c.relname = any ($5))
                   and not (polname = 'relay' and polroles = array[$6::regrole::oid] and c.relname = any ($7))
                   and not (polname = 'reconciler' and polroles = array[$8::regrole::oid] and c.relname = any ($9)))
               is distinct from array[row('tenant'::name, true, '*'::"char", '{0}'::oid[], $3::text, $3::text)::text]`,
      [
        schema,
        WITHOUT_TENANT,
        POLICY,
        `${service}_sealer`,
        Object.keys(SEALER_RIGHTS),
        `${service}_relay`,
        Object.keys(RELAY_RIGHTS),
        `${service}_reconciler`,
        Object.keys(RECONCILER_RIGHTS),
      ],
    )),
    ...(await names(
      `select t.relname || ': the sealer may ' || right_name as fault from pg_class t,
           unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']) right_name
         where t.relnamespace = $1::regnamespace and t.relkind in ('r', 'p', 'v')
           and has_table_privilege($2, t.oid, right_name)
           and not coalesce(($3::jsonb -> t.relname) ? right_name, false)`,
      [schema, `${service}_sealer`, JSON.stringify(SEALER_RIGHTS)],
    )),
    ...(await rightsBeyond('relay', RELAY_RIGHTS)),
    ...(await rightsBeyond('reconciler', RECONCILER_RIGHTS)),
    ...(await names(
      `select proname || ': the app role may execute it' as fault from pg_proc
         where pronamespace = $1::regnamespace and proname = any ($3) and has_function_privilege($2, oid, 'execute')`,
      [schema, app, NOT_FOR_THE_APP],
    )),
    ...(await names(
      `select i.relname || ': a unique key that does not begin with tenant_id' as fault
         from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
         where t.relnamespace = $1::regnamespace and x.indisunique and t.relname <> all ($2) and i.relname <> all ($3)
           and not exists (select from pg_attribute a where a.attrelid = t.oid and a.attnum = x.indkey[0] and a.attname = 'tenant_id')`,
      [schema, WITHOUT_TENANT, Object.keys(SPANNING_KEYS)],
    )),
    ...(await names(
      `select conname || ': a foreign key that does not begin with tenant_id' as fault from pg_constraint k
         where connamespace = $1::regnamespace and contype = 'f'
           and not exists (select from pg_attribute a where a.attrelid = k.conrelid and a.attnum = k.conkey[1] and a.attname = 'tenant_id')`,
      [schema],
    )),
    ...(await names(
      `select relname || ': a view that runs with its owner''s rights' as fault from pg_class
         where relnamespace = $1::regnamespace and relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}', false)`,
      [schema],
    )),
    ...(await names(
      `select relname || ': a materialized view, which row security does not reach' as fault from pg_class
         where relnamespace = $1::regnamespace and relkind = 'm'`,
      [schema],
    )),
    ...(await names(
      `select t.relname || ': the app role may ' || right_name as fault from pg_class t,
           unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']) right_name
         where t.relnamespace = $1::regnamespace and t.relkind in ('r', 'p', 'v')
           and (t.relname = any ($3) or right_name not in ('insert', 'update', 'delete'))
           and has_table_privilege($2, t.oid, right_name)`,
      [schema, app, [...KERNEL_TABLES, ...WITHOUT_TENANT]],
    )),
    ...(await names(
      `select proname || ': may run with the owner''s rights but is not on the list' as fault from pg_proc
         where pronamespace = $1::regnamespace and prosecdef and proname <> all ($2)`,
      [schema, DEFINERS],
    )),
    ...(await names(
      `select proname || ': runs with the owner''s rights and a search_path that can be bent' as fault from pg_proc
         where pronamespace = $1::regnamespace and prosecdef
           and not coalesce(proconfig @> array['search_path=' || $1 || ', pg_temp'], false)
           and not coalesce(proconfig @> array['search_path=' || $2 || ', pg_temp'], false)`,
      [schema, service],
    )),
    ...(await names(
      `select proname || ': everybody may execute it' as fault from pg_proc p
         where pronamespace = $1::regnamespace and (proacl is null
           or exists (select from aclexplode(proacl) where grantee = 0 and privilege_type = 'EXECUTE'))`,
      [schema],
    )),
    ...(await names(
      `select relname || ': belongs to ' || pg_get_userbyid(relowner) as fault from pg_class
         where relnamespace = $1::regnamespace and pg_get_userbyid(relowner) <> $2
       union all
       select proname || ': belongs to ' || pg_get_userbyid(proowner) from pg_proc
         where pronamespace = $1::regnamespace and pg_get_userbyid(proowner) <> $2`,
      [schema, owner],
    )),
    ...(await names(
      `select rolname || ': has a right that bypasses the rules' as fault from pg_roles
         where rolname in ($1, $2) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
       union all
       select $1 || ': is a member of ' || pg_get_userbyid(roleid) from pg_auth_members where member = $1::regrole
       union all
       select $1 || ': may create objects in ' || nspname from pg_namespace
         where nspname !~ '^pg_(temp|toast)' and has_schema_privilege($1, oid, 'create')
       union all
       select $1 || ': may create temporary tables' where has_database_privilege($1, current_database(), 'temporary')`,
      [app, owner],
    )),
  ];
}
