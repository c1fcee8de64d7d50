import type { Contract } from '@adx/contract-kit';
import { CHAIN_ORDER, linkOf } from './chain-link.ts';
import type { ChainLink } from './chain-link.ts';
import type { AnyMiddleware } from './middleware.ts';

/** What a link cannot do its work without. The types say the same; casts and JavaScript get here. */
const NEEDS: Partial<Record<ChainLink, readonly ChainLink[]>> = {
  'rate limit': ['principal'],
  bulkhead: ['breaker'],
  'external calls': ['principal', 'breaker', 'bulkhead', 'heartbeat'],
};

/** Every fault of a chain of middlewares: its order, what is there twice or missing, and what the contract asks of it. */
export function chainFaults(contract: Contract, chain: readonly AnyMiddleware[]): string[] {
  const links = chain.map(linkOf).filter((link) => link !== undefined);
  const faults: string[] = [];
  for (const [index, link] of links.entries()) {
    if (links.indexOf(link) !== index) faults.push(`the chain has ${link} twice; remove one`);
    const before = links.slice(0, index);
    const late = before.find((other) => CHAIN_ORDER.indexOf(other) > CHAIN_ORDER.indexOf(link));
    if (late) faults.push(`the chain has ${link} after ${late}; the order is ${CHAIN_ORDER.join(', ')}, transaction`);
    for (const needed of NEEDS[link] ?? []) {
      if (!links.includes(needed)) faults.push(`the chain has ${link} without ${needed}; add it before`);
    }
  }
  for (const [name, { bounds }] of Object.entries(contract.activities)) {
    if (bounds.heartbeat !== undefined && !links.includes('heartbeat')) {
      faults.push(`${name}: its contract has a heartbeat and the chain sends none; add withHeartbeat()`);
    }
  }
  return faults;
}
