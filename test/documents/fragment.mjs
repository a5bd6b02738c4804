// What a code block of a page is, and what has to be taken out of it before it compiles.
import ts from 'typescript';

/** The text without imports of the reader's own files: their names come from `given`, as others do. */
export const withoutOwnFiles = code =>
  code.replace(/^import [^;'"]*from '\.{1,2}\/[^']*';/gm, text => text.replace(/[^\n]/g, ' '));

/** Whether the text is a module, or what else: the members of a class, of an object, an expression. */
export function shapesOf(code) {
  const wrapped = {
    module: code,
    object: `const shown = of({\n${code}\n});`,
    expression: `const shown = of(\n${code.replace(/;\s*$/, '')}\n);`,
    class: `class Shown extends Given {\n${code}\n}`,
  };
  const order = /^\s*(\/\/[^\n]*\n\s*)*\{/.test(code)
    ? ['expression']
    : /^\s*(\/\/[^\n]*\n\s*)*[\w]+: /.test(code)
      ? ['object']
      : ['module', 'class', 'object', 'expression'];
  for (const shape of order) if (parses(wrapped[shape])) return { shape, code: wrapped[shape] };
  return { shape: 'module', code };
}

const parsed = code => ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2023, true);
const parses = code => parsed(code).parseDiagnostics.length === 0;

/** The text without "…", where it stands for code and not for characters of a text. */
export const withoutEllipsis = code => code.replace(/, …(?=[ ,})\n])|(?<=[{([\s])…,? ?(?=[\s})a-z]|$)/gm, '');

/** What a block declares at its top, so that a later block of the page may use it; and which of it is not exported. */
export function declaredIn(text) {
  const declarations = parsed(text).statements.flatMap(statement => {
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.flatMap(({ name }) => namesOf(name))
      : statement.name
        ? [statement.name.text]
        : [];
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    return names.map(name => ({ name, isExported }));
  });
  return {
    names: declarations.map(({ name }) => name),
    hidden: declarations.filter(({ isExported }) => !isExported).map(({ name }) => name),
  };
}

const namesOf = name =>
  ts.isIdentifier(name) ? [name.text] : name.elements.flatMap(({ name }) => (name ? namesOf(name) : []));
