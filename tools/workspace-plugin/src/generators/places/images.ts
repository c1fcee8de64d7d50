import { addLine, editParts, removeLine } from '../edit/text-files.ts';
import { insertAmong } from '../edit/sorted.ts';
import type { Place } from './place.ts';

const FILE = 'Dockerfile';
const stageOf = (service: string) => `FROM app AS ${service}-worker
COPY --from=build /adx/apps/${service}-worker/package.json ./
COPY --from=build /adx/apps/${service}-worker/dist ./dist`;
const migrationsOf = (service: string) =>
  `COPY --from=build /adx/apps/${service}-worker/prisma/migrations ./services/${service}`;

/** The image of a worker, and its migrations in the one that prepares the databases. */
export const images: Place = {
  add(tree, service) {
    editParts(tree, FILE, '\n\n', (stages) =>
      insertAmong(stages, stageOf(service), String, (stage) => /^FROM app AS \S+-worker$/m.test(stage)),
    );
    addLine(tree, FILE, migrationsOf(service), (line) => / \.\/services\/(?!keys$)\S+$/.test(line));
  },
  remove(tree, service) {
    editParts(tree, FILE, '\n\n', (stages) => {
      const at = stages.indexOf(stageOf(service));
      if (at !== -1) stages.splice(at, 1);
    });
    removeLine(tree, FILE, migrationsOf(service));
  },
};
