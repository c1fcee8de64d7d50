import type { Tree } from '@nx/devkit';
import ts from 'typescript';

/** A list in source code: what is in it, and where one more goes. */
interface List {
  readonly items: readonly ts.Node[];
  /** Where one more goes that is the first. */
  readonly start: number;
  readonly separator: string;
  /** Whether something comes after them that is none of them. */
  readonly more?: boolean;
}

/** Adds a member to a union: `type Permission = 'a' | 'b'`. */
export function addToUnion(tree: Tree, file: string, type: string, member: string): void {
  add(tree, file, (source) => unionIn(source, type), member);
}

export function removeFromUnion(tree: Tree, file: string, type: string, member: string): void {
  remove(tree, file, (source) => unionIn(source, type), member);
}

/** Adds an element to an array: the value of a property of a constant. */
export function addToArray(tree: Tree, file: string, path: readonly [string, string], element: string): void {
  add(tree, file, (source) => arrayIn(source, path), element);
}

export function removeFromArray(tree: Tree, file: string, path: readonly [string, string], element: string): void {
  remove(tree, file, (source) => arrayIn(source, path), element);
}

/**
 * Adds a name to the names in an object, the value of a property of the one argument of a constant's call. What is there
 * by another way, with a value or spread, stays after them.
 */
export function addToObject(tree: Tree, file: string, path: readonly [string, string], name: string): void {
  add(tree, file, (source) => objectIn(source, path), name);
}

/** Adds an import or an export to those at the top of a file. The file is then formatted, not sorted. */
export function addStatement(tree: Tree, file: string, statement: string): void {
  const text = tree.read(file, 'utf8')!;
  const source = parse(file, text);
  const last = source.statements.findLast((one) => ts.isImportDeclaration(one) || ts.isExportDeclaration(one));
  const at = last?.end ?? 0;
  tree.write(file, `${text.slice(0, at)}\n${statement}${text.slice(at)}`);
}

function add(tree: Tree, file: string, find: (source: ts.SourceFile) => List, item: string): void {
  const text = tree.read(file, 'utf8')!;
  const { items, start, separator, more } = find(parse(file, text));
  const last = items.at(-1);
  const at = last?.end ?? start;
  tree.write(
    file,
    `${text.slice(0, at)}${last ? separator : ''}${item}${!last && more ? separator : ''}${text.slice(at)}`,
  );
}

function remove(tree: Tree, file: string, find: (source: ts.SourceFile) => List, item: string): void {
  const text = tree.read(file, 'utf8')!;
  const { items } = find(parse(file, text));
  const at = items.findIndex((one) => one.getText() === item);
  if (at === -1) return;
  // With what is between it and the one before it, or, of the first, between it and the one after.
  const [from, to] =
    at > 0 ? [items[at - 1]!.end, items[at]!.end] : [items[0]!.getStart(), items[1]?.getStart() ?? items[0]!.end];
  tree.write(file, text.slice(0, from) + text.slice(to));
}

function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function unionIn(source: ts.SourceFile, type: string): List {
  const alias = source.statements.find((one) => ts.isTypeAliasDeclaration(one) && one.name.text === type);
  if (!alias || !ts.isTypeAliasDeclaration(alias) || !ts.isUnionTypeNode(alias.type)) throw missing(source, type);
  return { items: alias.type.types, start: alias.type.end, separator: ' | ' };
}

function arrayIn(source: ts.SourceFile, [constant, property]: readonly [string, string]): List {
  const value = propertyOf(constantIn(source, constant), property);
  if (!value || !ts.isArrayLiteralExpression(value)) throw missing(source, `${constant}.${property}`);
  return { items: value.elements, start: value.elements.pos, separator: ', ' };
}

function objectIn(source: ts.SourceFile, [constant, property]: readonly [string, string]): List {
  const call = constantIn(source, constant);
  const argument = call && ts.isCallExpression(call) ? call.arguments[0] : undefined;
  const value = propertyOf(argument, property);
  if (!value || !ts.isObjectLiteralExpression(value)) throw missing(source, `${constant}, ${property}`);
  const items = value.properties.filter((one) => ts.isShorthandPropertyAssignment(one));
  return { items, start: value.properties.pos, separator: ', ', more: value.properties.length > items.length };
}

function constantIn(source: ts.SourceFile, name: string): ts.Expression | undefined {
  return source.statements
    .filter((one) => ts.isVariableStatement(one))
    .flatMap(({ declarationList }) => declarationList.declarations)
    .find((one) => ts.isIdentifier(one.name) && one.name.text === name)?.initializer;
}

function propertyOf(value: ts.Expression | undefined, name: string): ts.Expression | undefined {
  if (!value || !ts.isObjectLiteralExpression(value)) return undefined;
  const property = value.properties.find((one) => one.name && ts.isIdentifier(one.name) && one.name.text === name);
  return property && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}

function missing({ fileName }: ts.SourceFile, what: string): Error {
  return new Error(`${fileName} has no list of ${what} any more; add to it by hand`);
}
