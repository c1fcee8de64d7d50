import { isIP } from 'node:net';
import { isPublicAddress } from './address.ts';

/**
 * Why a URL that a tenant gave may not be called, or undefined when it may. What its name resolves to is vetted at each call.
 *
 * @param localHosts names of this machine that tests and dev stacks allow
 */
export function publicUrlFault(text: string, localHosts: readonly string[]): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') return 'it is no https URL';
  if (url.username || url.password || url.hash) return 'it has userinfo or a fragment';
  if (localHosts.includes(url.hostname)) return undefined;
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  if (
    isIP(bare) ? !isPublicAddress(bare) : !/\.[a-z]/.test(bare) || /(^|\.)(localhost|local|internal)\.?$/.test(bare)
  ) {
    return 'its host is not public';
  }
  return undefined;
}
