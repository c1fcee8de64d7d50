/** One mistake, and what must notice it. */
export interface Mutant {
  /** Also the name of its patch. */
  readonly name: string;
  readonly mistake: string;
  readonly test: string;
  /** A part of the names of the tests that must go red; a regular expression. */
  readonly proof: string;
}

/**
 * Mistakes that are easily made and hard to see, each as a patch of today's code, with the tests (a file, and a part of
 * their names) of which at least one must go red.
 * A patch that no longer applies fails the run: make it anew from the code as it is now.
 */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'undo-registered-after-the-step',
    mistake: 'a step is remembered for its undo only when it has succeeded: one of unknown outcome is left behind',
    test: 'libs/workflow-patterns/test/saga.test.ts',
    proof: 'undoes every attempted step, the failed one included',
  },
  {
    name: 'key-by-run-id',
    mistake: 'the ledger key holds the run id: a reset causes every effect once more',
    test: 'apps/system-tests/test/reset.test.ts',
    proof: 'is reset',
  },
  {
    name: 'alert-inside-the-undo-loop',
    mistake: 'a telling failure ends the loop of the undos: what was done before is left behind',
    test: 'libs/workflow-patterns/test/saga.test.ts',
    proof: 'is parked while the others go on',
  },
  {
    name: 'undo-in-the-cancelled-scope',
    mistake: 'the undo runs in the scope that was cancelled: it is cancelled, too',
    test: 'libs/workflow-patterns/test/saga.test.ts',
    proof: 'undoes on cancellation and ends cancelled',
  },
  {
    name: 'pivot-of-unknown-outcome-undone',
    mistake: 'a pivot that timed out is taken for one that did not happen: everything before it is undone',
    test: 'libs/workflow-patterns/test/saga.test.ts',
    proof: 'goes forward when the ledger says it was done',
  },
  {
    name: 'step-error-swallowed',
    mistake: 'an author who catches the error of a step saves a saga that is half done',
    test: 'libs/workflow-patterns/test/saga.test.ts',
    proof: 'fails although its author swallowed the failure of a step',
  },
  {
    name: 'checkpoint-off-by-one',
    mistake: 'a new run begins one item behind the place where the last one ended: an item is left out',
    test: 'libs/workflow-patterns/test/long-running.test.ts',
    proof: 'goes on as a new run before its history is long',
  },
  {
    name: 'event-dropped-at-continue-as-new',
    mistake: 'a run that is full ends although events wait: they are gone',
    test: 'libs/workflow-patterns/test/entity.test.ts',
    proof: 'are applied once and in order',
  },
];
