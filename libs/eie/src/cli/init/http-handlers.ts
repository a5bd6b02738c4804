import type ts from 'typescript';
import { decoratorsOf, type UsedDecorator } from './decorators.js';
import { type Source } from './source.js';

/** A handler of HTTP that has no policy of this library yet. */
export interface OpenHandler {
  readonly name: string;
  readonly method: ts.MethodDeclaration;
  /** Why it is not known that everybody may call it today; nothing where it is. */
  readonly unclear?: string;
}

const ROUTES = ['Get', 'Post', 'Put', 'Delete', 'Patch', 'Options', 'Head', 'All', 'Search', 'Sse'];
/** Further methods of Nest 11: WebDAV. */
const RARE_ROUTES = ['Propfind', 'Proppatch', 'Mkcol', 'Copy', 'Move', 'Lock', 'Unlock'];
const HANDLERS = new Set([...ROUTES, ...RARE_ROUTES]);

/** Decorators of these packages let nobody in and keep nobody out, but for `@UseGuards()`. */
const WITHOUT_GUARDS = new Set([
  '@nestjs/common',
  '@nestjs/swagger',
  '@nestjs/cache-manager',
  '@nestjs/throttler',
  'class-transformer',
]);

/**
 * The handlers of the controllers of one file that no decorator of `nestjs-eie` decides about.
 *
 * @param guards what guards the whole application, such as `APP_GUARD`
 */
export function openHandlers(source: Source, guards: string | undefined): OpenHandler[] {
  const { ts } = source;
  return [...source.nodes()].filter(ts.isClassDeclaration).flatMap(type => {
    const onClass = decoratorsOf(source, type);
    if (!onClass.some(one => one.name === 'Controller' && one.from === '@nestjs/common')) return [];
    const inherits = type.heritageClauses?.some(one => one.token === ts.SyntaxKind.ExtendsKeyword);
    return type.members.filter(ts.isMethodDeclaration).flatMap(method => {
      const onMethod = decoratorsOf(source, method);
      if (!onMethod.some(one => HANDLERS.has(one.name) && one.from === '@nestjs/common')) return [];
      if ([...onClass, ...onMethod].some(one => one.from === 'nestjs-eie')) return [];
      const why =
        guarding([...onMethod, ...onClass]) ??
        (inherits ? 'its class extends another one, which may have guards' : undefined) ??
        (guards && `the application has ${guards}`) ??
        taken(source);
      const name = `${type.name?.text ?? 'the class'}.${method.name.getText()}`;
      return [{ name, method, ...(why !== undefined && { unclear: why }) }];
    });
  });
}

/** What guards every handler: nothing where the file says nothing of it. */
export function globalGuards(source: Source): string | undefined {
  const { ts } = source;
  for (const node of source.nodes()) {
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'useGlobalGuards') return 'useGlobalGuards()';
    if (!ts.isIdentifier(node) || source.imported(node.text)?.name !== 'APP_GUARD') continue;
    if (ts.isImportSpecifier(node.parent) || isThrottler(source, node)) continue;
    return 'an APP_GUARD';
  }
  return undefined;
}

/** `{ provide: APP_GUARD, useClass: ThrottlerGuard }` counts callers, and asks for no credentials. */
function isThrottler(source: Source, guard: ts.Identifier): boolean {
  const { ts } = source;
  const provider = guard.parent.parent;
  if (!ts.isObjectLiteralExpression(provider)) return false;
  return provider.properties.some(
    one =>
      ts.isPropertyAssignment(one) &&
      one.name.getText() === 'useClass' &&
      source.imported(one.initializer.getText())?.from === '@nestjs/throttler',
  );
}

function guarding(decorators: readonly UsedDecorator[]): string | undefined {
  const guard = decorators.find(one => one.name === 'UseGuards' && one.from === '@nestjs/common');
  if (guard) return `it has @UseGuards(${guard.arguments.map(one => one.getText()).join(', ')})`;
  const other = decorators.find(one => one.from === undefined || !WITHOUT_GUARDS.has(one.from));
  return other && `nobody knows here what @${other.name} does`;
}

/** The name of the decorator is that of something else in this file. */
function taken(source: Source): string | undefined {
  const { ts } = source;
  const isTaken = [...source.nodes()].some(node => ts.isIdentifier(node) && node.text === 'Public');
  return isTaken && source.imported('Public')?.from !== 'nestjs-eie' ? 'the file has another "Public"' : undefined;
}
