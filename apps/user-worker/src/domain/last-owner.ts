/** Whether a tenant of these owners would be left without one when this user stops being an owner. */
export function isLastOwner(userId: string, owners: readonly string[]): boolean {
  return owners.length === 1 && owners[0] === userId;
}
