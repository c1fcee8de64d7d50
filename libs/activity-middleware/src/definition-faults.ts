import type { Contract, Effect } from '@adx/contract-kit';
import type { AnyHandler } from './handlers.ts';

/** What a handler consists of, besides its undo. */
const PARTS = {
  database: ['run'],
  external: ['prepare', 'call'],
  fetched: ['prepare', 'call', 'apply'],
} as const satisfies Record<Effect, readonly (keyof AnyHandler)[]>;

/** Every gap between a contract and its handlers. The types say the same; casts and JavaScript get here. */
export function definitionFaults(contract: Contract, handlers: Readonly<Record<string, AnyHandler>>): string[] {
  const faults: string[] = [];
  for (const [name, { kind, effect }] of Object.entries(contract.activities)) {
    const handler = handlers[name];
    if (!handler) {
      faults.push(`${name}: has no handler; pass one to handlers({ ${name} })`);
      continue;
    }
    const wanted: (keyof AnyHandler)[] = [...PARTS[effect]];
    if (kind === 'compensatable' && effect !== 'external') wanted.push('undo');
    if (kind === 'compensatable' && effect === 'external') {
      for (const part of ['prepare', 'call'] as const) {
        const undo = typeof handler.undo === 'object' ? handler.undo : undefined;
        if (typeof undo?.[part] !== 'function') {
          faults.push(`${name}: is compensatable and external, so it needs undo.${part}()`);
        }
      }
    }
    for (const part of wanted) {
      if (typeof handler[part] !== 'function') faults.push(`${name}: is ${kind} and ${effect}, so it needs ${part}()`);
    }
  }
  for (const name of Object.keys(handlers)) {
    if (!Object.hasOwn(contract.activities, name)) faults.push(`${name}: is no activity of the contract; remove it`);
  }
  return faults;
}
