import type ts from 'typescript';

/** The compiler of the project that is changed. */
export type Compiler = typeof ts;

/** A name of a file, and where it comes from. */
export interface ImportedName {
  readonly from: string;
  /** As the other module exports it; `default` for its default. */
  readonly name: string;
}

/** Text that is inserted, before the character at `at`. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** One TypeScript file of the project, as text and as a syntax tree. It is never printed anew: only insertions change it. */
export class Source {
  readonly tree: ts.SourceFile;
  readonly #imports: ReadonlyMap<string, ImportedName>;

  constructor(
    readonly ts: Compiler,
    readonly file: string,
    readonly text: string,
  ) {
    this.tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    this.#imports = importsOf(ts, this.tree);
  }

  /** What an identifier of this file was imported as. */
  imported(identifier: string): ImportedName | undefined {
    return this.#imports.get(identifier);
  }

  /** Whether the file imports from that package or one of its entry points. */
  importsFrom(packageName: string): boolean {
    return [...this.#imports.values()].some(({ from }) => from === packageName || from.startsWith(`${packageName}/`));
  }

  /** Whether anything in the file has that name. */
  mentions(name: string): boolean {
    return [...this.nodes()].some(node => this.ts.isIdentifier(node) && node.text === name);
  }

  /** The line feed that the file uses. */
  get newline(): string {
    return this.text.includes('\r\n') ? '\r\n' : '\n';
  }

  /** The quotation mark of its imports. */
  get quote(): string {
    const [first] = this.specifiers;
    return first?.getText().startsWith('"') ? '"' : "'";
  }

  /** What stands behind the names of files that it imports: nothing, `.js` or `.ts`. */
  get extension(): string | undefined {
    const relative = this.specifiers.map(({ text }) => text).filter(text => text.startsWith('.'));
    if (!relative.length) return undefined;
    return /\.[jt]s$/.exec(relative[0]!)?.[0] ?? '';
  }

  get specifiers(): ts.StringLiteral[] {
    return this.tree.statements.filter(this.ts.isImportDeclaration).map(one => one.moduleSpecifier as ts.StringLiteral);
  }

  /** Every node of the file, or below one of its nodes, outer ones first. */
  *nodes(from: ts.Node = this.tree): Generator<ts.Node> {
    yield from;
    for (const child of childrenOf(this.ts, from)) yield* this.nodes(child);
  }

  /** Where a line stands in: the blanks before what is at `position`. */
  indent(position: number): string {
    const start = this.text.lastIndexOf('\n', position - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(start, position))![0];
  }

  /** An import of one name: behind those of packages where it is one, else behind all. */
  importing(name: string, from: string): Insertion {
    const line = `import { ${name} } from ${this.quote}${from}${this.quote};`;
    const declarations = this.tree.statements.filter(this.ts.isImportDeclaration);
    const isRelative = (one: ts.ImportDeclaration) => (one.moduleSpecifier as ts.StringLiteral).text.startsWith('.');
    const before = from.startsWith('.') ? declarations : declarations.filter(one => !isRelative(one));
    const last = before.at(-1);
    // A comment at the end of its line is about that line.
    const [comment = ''] = last ? (/^[ \t]*\/\/[^\r\n]*/.exec(this.text.slice(last.getEnd())) ?? []) : [];
    if (last) return { at: last.getEnd() + comment.length, text: `${this.newline}${line}` };
    const first = this.tree.statements[0];
    return { at: first?.getStart() ?? 0, text: `${line}${this.newline}` };
  }

  /** The text with all insertions. */
  with(insertions: readonly Insertion[]): string {
    return [...insertions]
      .sort((a, b) => b.at - a.at)
      .reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), this.text);
  }
}

function childrenOf(compiler: Compiler, node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  compiler.forEachChild(node, child => void children.push(child));
  return children;
}

function importsOf(compiler: Compiler, tree: ts.SourceFile): Map<string, ImportedName> {
  const names = new Map<string, ImportedName>();
  for (const declaration of tree.statements.filter(compiler.isImportDeclaration)) {
    const from = (declaration.moduleSpecifier as ts.StringLiteral).text;
    const clause = declaration.importClause;
    if (clause?.name) names.set(clause.name.text, { from, name: 'default' });
    const bindings = clause?.namedBindings;
    if (bindings && compiler.isNamespaceImport(bindings)) names.set(bindings.name.text, { from, name: '*' });
    if (bindings && compiler.isNamedImports(bindings))
      for (const { name, propertyName } of bindings.elements)
        names.set(name.text, { from, name: (propertyName ?? name).text });
  }
  return names;
}
