import type { Tree } from '@nx/devkit';
import { insertAmong } from './sorted.ts';

/** Edits a text file as a list of its parts: lines, or paragraphs. */
export function editParts(tree: Tree, file: string, separator: '\n' | '\n\n', edit: (parts: string[]) => void): void {
  const parts = tree.read(file, 'utf8')!.split(separator);
  edit(parts);
  tree.write(file, parts.join(separator));
}

/** Adds lines that begin alike to those of a file that do, in their order. */
export function addLine(tree: Tree, file: string, line: string, isPeer: (line: string) => boolean): void {
  editParts(tree, file, '\n', (lines) => insertAmong(lines, line, String, isPeer));
}

export function removeLine(tree: Tree, file: string, line: string): void {
  editParts(tree, file, '\n', (lines) => {
    const at = lines.indexOf(line);
    if (at !== -1) lines.splice(at, 1);
  });
}
