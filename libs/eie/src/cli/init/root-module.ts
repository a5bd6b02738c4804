import { relative, resolve } from 'node:path';
import type ts from 'typescript';
import { ByHandError } from './by-hand.js';
import { decoratorsOf } from './decorators.js';
import { type NestProject, readSource } from './nest-project.js';
import { type Insertion, type Source } from './source.js';

/** The class that the application is created of. */
export interface RootModule {
  readonly source: Source;
  readonly type: ts.ClassDeclaration;
  readonly metadata: ts.ObjectLiteralExpression;
  /** The prefix that the application is served under, if it is written as a text: `api`. */
  readonly globalPrefix: string | undefined;
}

/**
 * Follows what the entry file gives to `NestFactory.create()`.
 *
 * @throws ByHandError where that is not one class with `@Module({ … })` in a file of the project
 */
export function findRootModule(project: NestProject): RootModule {
  const entry = readSource(project, project.entryFile);
  const name = createdOf(entry);
  const imported = entry.imported(name);
  const source = imported ? readSource(project, fileOf(project, entry, imported.from)) : entry;
  const type = source.tree.statements
    .filter(project.ts.isClassDeclaration)
    .find(one =>
      imported?.name === 'default' ? isDefault(project, one) : one.name?.text === (imported?.name ?? name),
    );
  if (!type) throw new ByHandError(`${source.file} declares no class ${imported?.name ?? name}.`);
  const [decorator] = decoratorsOf(source, type).filter(one => one.name === 'Module' && one.from === '@nestjs/common');
  const metadata = decorator?.arguments[0];
  if (!metadata || !project.ts.isObjectLiteralExpression(metadata))
    throw new ByHandError(`${name} of ${source.file} has no @Module({ … }) with its members written there.`);
  return { source, type, metadata, globalPrefix: prefixOf(entry) };
}

/** `imports: […]` of the module with one more member. Nothing where it has that one. */
export function importingModule({ source, metadata }: RootModule, name: string): Insertion | undefined {
  const { ts } = source;
  const members = metadata.properties;
  const named = members.find(one => one.name?.getText().replace(/['"]/g, '') === 'imports');
  if (!named) {
    if (members.some(ts.isSpreadAssignment)) throw unclear(source, 'its members are spread');
    const [first] = members;
    if (!first) return { at: metadata.getStart() + 1, text: ` imports: [${name}] ` };
    const isOwnLine = first.getStart() > source.text.indexOf('\n', metadata.getStart());
    const gap = isOwnLine ? source.newline + source.indent(first.getStart()) : ' ';
    return { at: first.getStart(), text: `imports: [${name}],${gap}` };
  }
  const list = ts.isPropertyAssignment(named) ? named.initializer : undefined;
  if (!list || !ts.isArrayLiteralExpression(list)) throw unclear(source, '"imports" is no list that is written there');
  if (list.elements.some(one => one.getText() === name)) return undefined;
  const last = list.elements.at(-1);
  if (!last) return { at: list.getStart() + 1, text: name };
  const isOwnLine = source.text.slice(list.getStart(), last.getStart()).includes('\n');
  return {
    at: last.getEnd(),
    text: isOwnLine ? `,${source.newline}${source.indent(last.getStart())}${name}` : `, ${name}`,
  };
}

const unclear = (source: Source, why: string): ByHandError =>
  new ByHandError(`The @Module() of ${source.file} cannot be added to: ${why}.`);

function createdOf(entry: Source): string {
  const { ts } = entry;
  const calls = [...entry.nodes()].filter(ts.isCallExpression).filter(({ expression }) => {
    if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'create') return false;
    const imported = entry.imported(expression.expression.getText());
    return imported?.name === 'NestFactory' && imported.from === '@nestjs/core';
  });
  const [call] = calls;
  const created = call?.arguments[0];
  if (calls.length !== 1 || !created || !ts.isIdentifier(created))
    throw new ByHandError(
      `${entry.file} has not one NestFactory.create(AppModule), which would say what the root module is.`,
    );
  return created.text;
}

function fileOf({ ts, compilerOptions, folder }: NestProject, entry: Source, specifier: string): string {
  const { resolvedModule } = ts.resolveModuleName(specifier, entry.file, compilerOptions, ts.sys);
  const file = resolve(resolvedModule?.resolvedFileName ?? '');
  const isOutside = resolvedModule?.isExternalLibraryImport || relative(folder, file).startsWith('..');
  if (!resolvedModule || isOutside || !/(?<!\.d)\.ts$/.test(file))
    throw new ByHandError(`"${specifier}" of ${entry.file} leads to no TypeScript file of this project.`);
  return file;
}

const isDefault = ({ ts }: NestProject, type: ts.ClassDeclaration): boolean =>
  type.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;

function prefixOf(entry: Source): string | undefined {
  const { ts } = entry;
  for (const node of entry.nodes()) {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) continue;
    const [prefix] = node.arguments;
    if (node.expression.name.text === 'setGlobalPrefix' && prefix && ts.isStringLiteral(prefix)) return prefix.text;
  }
  return undefined;
}
