/** Remembers what was loaded, for a time, and loads once for all who ask at the same time. */
export interface KeyCache<V> {
  get(tenantId: string, entry: string, load: () => Promise<V>): Promise<V>;
  forget(tenantId: string): void;
}

interface Entry<V> {
  readonly value: Promise<V>;
  readonly until: number;
}

/**
 * What fails is not remembered. Full, it forgets the tenant that was added first.
 *
 * @param options.ttlMs counted from the start of the loading
 * @param options.tenants how many are remembered
 */
export function createKeyCache<V>(options: {
  readonly ttlMs: number;
  readonly tenants: number;
  readonly now?: () => number;
}): KeyCache<V> {
  const { ttlMs, tenants, now = Date.now } = options;
  const byTenant = new Map<string, Map<string, Entry<V>>>();
  return {
    get(tenantId, name, load) {
      let entries = byTenant.get(tenantId);
      if (!entries) {
        if (byTenant.size >= tenants) byTenant.delete(byTenant.keys().next().value!);
        entries = new Map<string, Entry<V>>();
        byTenant.set(tenantId, entries);
      }
      const known = entries.get(name);
      if (known && known.until > now()) return known.value;
      const entry = { value: load(), until: now() + ttlMs };
      entries.set(name, entry);
      const own = entries;
      entry.value.catch(() => {
        if (own.get(name) === entry) own.delete(name);
      });
      return entry.value;
    },
    forget: (tenantId) => void byTenant.delete(tenantId),
  };
}
