// What is exported here is what is registered.
export { eraseSubject } from './erase-subject.saga.ts';
