import type { Tree } from '@nx/devkit';
import type { Names } from '../names.ts';

const schemaOf = (service: string) => `apps/${service}-worker/prisma/schema.prisma`;

/** Whether a service keeps rows of a thing. */
export function hasModel(tree: Tree, service: string, resource: Names): boolean {
  return tree.read(schemaOf(service), 'utf8')?.split('\n').includes(`model ${resource.pascal} {`) ?? false;
}

/** The table of the migration, for Prisma. */
export function addModel(tree: Tree, service: string, { pascal, camel, snake }: Names): void {
  const file = schemaOf(service);
  const model = alignColumns([
    ['tenantId', 'String', '@map("tenant_id") @db.Uuid'],
    [`${camel}Id`, 'String', `@map("${snake}_id") @db.Uuid`],
    ['name', 'String', ''],
    ['createdAt', 'DateTime', '@default(now()) @map("created_at") @db.Timestamptz(6)'],
  ]);
  const text = tree.read(file, 'utf8')!;
  const end = `\n  @@id([tenantId, ${camel}Id])\n  @@unique([tenantId, name])\n  @@map("${snake}")\n}\n`;
  tree.write(file, `${text}\nmodel ${pascal} {\n${model}${end}`);
}

/** As `prisma format` does. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' '));
  return lines.map((line) => `  ${line.trimEnd()}\n`).join('');
}
