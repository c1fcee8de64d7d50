import type { ActivityDefinition, Bound, Contract } from '@adx/contract-kit';
import type { OperationView } from '@adx/operations';

/** A step of a recorded run, and what its contract says of it. */
export interface MatrixStep {
  readonly name: string;
  readonly activity: ActivityDefinition & Bound;
  /** The other steps of its parallel group. */
  readonly beside: readonly string[];
}

/**
 * The steps of a recorded run that have an effect. Two are of one parallel group when they were under way at once.
 *
 * @throws Error when the run did not get through, or takes a step that no contract has
 */
export function matrixSteps({ status, steps }: OperationView, contracts: readonly Contract[]): readonly MatrixStep[] {
  if (status !== 'completed') throw new Error(`the recorded run ended ${status}`);
  const effects = steps.flatMap((step) => {
    const activityName = step.name.replace(/~\d+$/, '');
    const contract = contracts.find(({ service }) => service === step.service);
    // A wait causes nothing, be it for a time or for somebody.
    if (activityName === 'wait') return [];
    if (Object.values(contract?.workflows ?? {}).some(({ signals }) => Object.hasOwn(signals, activityName))) return [];
    const activity = contract?.activities[activityName];
    if (!activity) throw new Error(`step "${step.name}" of ${step.service} is in none of the matrix's contracts`);
    return activity.kind === 'readonly' ? [] : [{ ...step, activity }];
  });
  return effects.map((step) => ({
    name: step.name,
    activity: step.activity,
    beside: effects
      .filter((other) => other !== step && other.startedAt < step.endedAt! && step.startedAt < other.endedAt!)
      .map(({ name }) => name),
  }));
}
