import type { Tree } from '@nx/devkit';
import { isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { insertAmong } from './sorted.ts';

/** Edits a YAML file by what it means; comments, anchors and the order of what is there stay. */
export function editYaml(tree: Tree, file: string, edit: (document: Document) => void): void {
  const document = parseDocument(tree.read(file, 'utf8')!);
  edit(document);
  tree.write(file, document.toString({ lineWidth: 0 }));
}

/** The list at a path. @throws Error when there is none */
export function seqAt(document: Document, path: readonly string[]): YAMLSeq {
  const node = document.getIn(path, true);
  if (!isSeq(node)) throw new Error(`there is no list at ${path.join('.')}`);
  return node;
}

/** The map at a path. @throws Error when there is none */
export function mapAt(document: Document, path: readonly string[]): YAMLMap {
  const node = document.getIn(path, true);
  if (!isMap(node)) throw new Error(`there is no map at ${path.join('.')}`);
  return node;
}

/** Adds what a snippet of YAML has to the map at a path: each entry among those whose keys match. */
export function addEntries(document: Document, path: readonly string[], snippet: string, peers: RegExp): void {
  // Its aliases are those of the document that it comes into.
  const entries = (parseDocument(snippet).contents as unknown as YAMLMap).items;
  const { items } = mapAt(document, path);
  const isPeer = (pair: Pair) => peers.test(keyOf(pair));
  // With an empty line before it where the others have one.
  const spaced = items.some((pair) => isPeer(pair) && isScalar(pair.key) && pair.key.spaceBefore);
  for (const entry of entries) {
    if (spaced && isScalar(entry.key)) entry.key.spaceBefore = true;
    insertAmong(items, entry, keyOf, isPeer);
  }
}

export function removeEntry(document: Document, path: readonly string[], key: string): void {
  mapAt(document, path).delete(key);
}

/** Adds what a snippet of YAML is to the list at a path, among the items whose text matches. */
export function addItem(document: Document, path: readonly string[], snippet: string, peers: RegExp): void {
  insertAmong(seqAt(document, path).items, parseDocument(snippet).contents, textOf, (item) => peers.test(textOf(item)));
}

export function removeItem(document: Document, path: readonly string[], text: string): void {
  const seq = seqAt(document, path);
  seq.items = seq.items.filter((item) => textOf(item) !== text);
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

/** Of a scalar its value; of a map that of its first entry, which is its name. */
function textOf(item: unknown): string {
  if (isMap(item)) return textOf(item.items[0]);
  if (isPair(item)) return textOf(item.value);
  return String(isScalar(item) ? item.value : item);
}
