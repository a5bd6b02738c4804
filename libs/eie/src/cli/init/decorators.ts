import type ts from 'typescript';
import { type ImportedName, type Source } from './source.js';

/** A decorator as it is used: `@Get('health')` of `@nestjs/common`. */
export interface UsedDecorator {
  readonly node: ts.Decorator;
  /** As the module exports it that it comes from; as it is written where it is of this file or of a namespace. */
  readonly name: string;
  /** The module, or nothing where it is not imported by its name. */
  readonly from: string | undefined;
  readonly arguments: readonly ts.Expression[];
}

export function decoratorsOf(source: Source, node: ts.HasDecorators): UsedDecorator[] {
  const { ts } = source;
  return (ts.getDecorators(node) ?? []).map(decorator => {
    const { expression } = decorator;
    const call = ts.isCallExpression(expression) ? expression : undefined;
    const callee = call?.expression ?? expression;
    const imported: ImportedName | undefined = ts.isIdentifier(callee) ? source.imported(callee.text) : undefined;
    return {
      node: decorator,
      name: imported?.name ?? callee.getText(),
      from: imported?.from,
      arguments: call?.arguments ?? [],
    };
  });
}
