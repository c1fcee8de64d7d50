/**
 * What a contract declares and what is handed in for it must have the same names.
 *
 * @throws TypeError naming every definition without a handler, and every handler without a definition
 */
export function matchHandlers(what: 'reads' | 'uploads', service: string, declared: object, handlers: object): void {
  const missing = Object.keys(declared).filter((name) => !Object.hasOwn(handlers, name));
  const unknown = Object.keys(handlers).filter((name) => !Object.hasOwn(declared, name));
  const faults = [
    ...(missing.length > 0 ? [`without a handler: ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`that its contract does not have: ${unknown.join(', ')}`] : []),
  ];
  if (faults.length > 0) throw new TypeError(`${what} of "${service}" ${faults.join('; ')}`);
}
