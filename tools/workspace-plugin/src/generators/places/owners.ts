import { addLine, removeLine } from '../edit/text-files.ts';
import type { Place } from './place.ts';

const FILE = 'CODEOWNERS';
const linesOf = (service: string) =>
  [`/apps/${service}-worker/`, `/libs/contracts/${service}/`].map((folder) => `${folder} @adx/${service}`);

/** Who reviews the service: a team of its own. */
export const owners: Place = {
  add(tree, service) {
    for (const line of linesOf(service)) addLine(tree, FILE, line, (one) => one.startsWith('/'));
  },
  remove(tree, service) {
    for (const line of linesOf(service)) removeLine(tree, FILE, line);
  },
};
