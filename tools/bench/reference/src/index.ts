export { startReference } from './start-reference.ts';
export type { Reference } from './start-reference.ts';
export type { ReferenceEvent, ReferenceImport, ReferenceItem, ReferenceRequest, SubscriptionState } from './types.ts';
