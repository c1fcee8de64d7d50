/**
 * The domain of an address we must not write to, or undefined when we may.
 *
 * @param suppressed domains in lower case; a domain covers its subdomains
 */
export function suppressedDomain(email: string, suppressed: readonly string[]): string | undefined {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return suppressed.some((one) => domain === one || domain.endsWith(`.${one}`)) ? domain : undefined;
}
