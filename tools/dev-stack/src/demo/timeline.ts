import type { OperationBody } from './gateway-client.ts';

/** An operation as lines a person reads: when each step began, where, and what became of it. */
export function timelineOf({ operationId, startedAt, closedAt, status, steps, error }: OperationBody): string[] {
  const zero = Date.parse(startedAt);
  const at = (time: string) => `+${((Date.parse(time) - zero) / 1_000).toFixed(2).padStart(6)} s`;
  return [
    operationId,
    ...steps.map((step) => {
      const undo = step.undo ? `, undo: ${step.undo}` : '';
      return `${at(step.startedAt)}  ${step.service.padEnd(13)} ${step.name.padEnd(17)} ${step.status}${undo}`;
    }),
    `${closedAt ? at(closedAt) : ' '.repeat(9)}  ${status}${error ? ` (${error.type})` : ''}`,
  ];
}
