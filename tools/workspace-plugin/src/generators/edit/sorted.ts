/**
 * Puts an entry among its peers, before the first one that sorts after it; whatever else is in the list stays where it is.
 *
 * @param isPeer whether an entry belongs to the part of the list that the new one belongs to
 */
export function insertAmong<T>(items: T[], item: T, nameOf: (item: T) => string, isPeer: (item: T) => boolean): void {
  const next = items.findIndex((one) => isPeer(one) && nameOf(one) > nameOf(item));
  items.splice(next === -1 ? items.findLastIndex(isPeer) + 1 : next, 0, item);
}
