// Compiles the TypeScript of the pages against the sources of the library, in one program.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { ENTRY_POINTS } from '../../docs/.vitepress/reference-pages.mjs';
import { declaredIn, shapesOf, withoutEllipsis, withoutOwnFiles } from './fragment.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const given = join(here, 'given');
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options: base } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
const options = {
  ...base,
  noEmit: true,
  // Without the names of browsers: `Worker` is BullMQ's.
  lib: ['lib.es2023.d.ts'],
  isolatedModules: false,
  allowUnusedLabels: false,
  // What `nest new` and the README ask for, and no more: a reader has no stricter options.
  exactOptionalPropertyTypes: false,
  noUncheckedIndexedAccess: false,
  noImplicitOverride: false,
};
/** What a block may use without importing it: the first that exports a name gives it. */
const PACKAGES = [
  ...Object.keys(ENTRY_POINTS),
  'execution-identity/internal/conformance',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  '@nestjs/throttler',
  'class-validator',
  '@modelcontextprotocol/client',
  'node:crypto',
  'bullmq',
];
const INDEX = join(here, 'index-of-packages.ts');
/** What pages set up and this repository does not install: imports of it are not checked. */
const NOT_INSTALLED = ['unplugin-swc', 'vitest', 'vitest/config'].filter(
  name => !existsSync(join(root, 'node_modules', name.split('/')[0])),
);
const AMBIENT = join(here, 'not-installed.d.ts');
const MISSING_NAME = new Set([2304, 2503, 2552, 18004]);
/** What a fragment need not have where it shows by "…" that it leaves something out: members, and what a function returns. */
const LEFT_OUT = new Set([2739, 2740, 2741, 2355, 2366]);

/**
 * Compiles the blocks and returns what the compiler says of each: `{ line, message }`, the line of the page.
 * A name that is nowhere declared is taken from `test/documents/given/<page>.ts`, from `given/all.ts`, or from a package.
 */
export function compileBlocks(blocks) {
  const units = blocks.map((block, index) => unitOf(block, index));
  const modules = [...new Set([...PACKAGES, ...units.flatMap(({ page }) => givenFor(page))])];
  const first = diagnose(units, modules);
  const exported = exportsOf(first.program, modules);
  for (const unit of units) unit.imports = importsFor(unit, first.found.get(unit.name), exported, units);
  const second = diagnose(units, modules, first.program);
  return units.flatMap(unit => faultsOf(unit, second.found.get(unit.name)));
}

function unitOf({ page, line, code }, index) {
  const elided = /…/.test(code.replace(/'[^'\n]*'|"[^"\n]*"/g, ''));
  const { shape, code: text } = shapesOf(withoutOwnFiles(elided ? withoutEllipsis(code) : code));
  const shift = shape === 'module' ? 0 : 1;
  const declared = shape === 'module' ? declaredIn(text) : { names: [], hidden: [] };
  const name = join(here, `block-${index}.ts`);
  return { page, line, elided, shape, text, shift, ...declared, imports: '', name };
}

const givenFor = page => {
  const own = join(
    given,
    `${page
      .replace(/^docs\//, '')
      .replaceAll('/', '-')
      .replace(/\.md$/, '')}.ts`,
  );
  return [own, join(given, 'all.ts')].filter(existsSync);
};

/** The name of each thing that may be imported, and from where. */
function exportsOf(program, modules) {
  const checker = program.getTypeChecker();
  const index = program.getSourceFile(INDEX);
  const found = new Map();
  index.statements.forEach((statement, at) => {
    const symbol = checker.getSymbolAtLocation(statement.moduleSpecifier);
    const names = symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
    found.set(modules[at], new Set(names));
  });
  return found;
}

function importsFor(unit, diagnostics, exported, units) {
  const earlier = units.filter(({ page, line }) => page === unit.page && line < unit.line).reverse();
  const names = new Set(unit.shape === 'class' ? ['Given'] : unit.shape === 'module' ? [] : ['of']);
  for (const { code, start, length, file } of diagnostics)
    if (MISSING_NAME.has(code)) names.add(file.text.slice(start, start + length));
  const order = [...givenFor(unit.page), ...PACKAGES];
  return [...names]
    .flatMap(name => {
      const block = earlier.find(({ names }) => names.includes(name));
      const from = block?.name ?? order.find(module => exported.get(module)?.has(name));
      return from ? `import { ${name} } from '${specifierOf(from)}'; ` : [];
    })
    .join('');
}

const specifierOf = module => (module.endsWith('.ts') ? `./${relative(here, module).replace(/\.ts$/, '.js')}` : module);

/** What the compiler says of each unit, and the program that said it. */
function diagnose(units, modules, before) {
  const texts = new Map(
    units.map(unit => [
      unit.name,
      `export {}; ${unit.imports}${unit.text}\n${unit.hidden.length ? `export { ${unit.hidden.join(', ')} };` : ''}`,
    ]),
  );
  texts.set(INDEX, modules.map(module => `import '${specifierOf(module)}';`).join('\n'));
  texts.set(AMBIENT, NOT_INSTALLED.map(name => `declare module '${name}';`).join('\n'));
  const host = ts.createCompilerHost(options, true);
  const { fileExists, getSourceFile } = host;
  host.fileExists = file => texts.has(file) || fileExists.call(host, file);
  host.getSourceFile = (file, ...rest) =>
    texts.has(file)
      ? ts.createSourceFile(file, texts.get(file), ...rest)
      : (before?.getSourceFile(file) ?? getSourceFile.call(host, file, ...rest));
  const program = ts.createProgram([...texts.keys()], options, host);
  const found = units.map(({ name }) => {
    const file = program.getSourceFile(name);
    return [name, [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]];
  });
  return { program, found: new Map(found) };
}

function faultsOf(unit, diagnostics) {
  return diagnostics
    .filter(diagnostic => !(unit.elided && isLeftOut(diagnostic)))
    .map(({ file, start, messageText, code }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, ' ');
      const help = MISSING_NAME.has(code) ? ` Import it, or declare it in test/documents/given (see its README).` : '';
      return {
        page: unit.page,
        line: unit.line + ts.getLineAndCharacterOfPosition(file, start).line - unit.shift,
        message: `TS${code}: ${text}${help}`,
      };
    });
}

/** Whether all that is wrong is that something is missing. */
function isLeftOut({ messageText, code }) {
  if (typeof messageText === 'string') return LEFT_OUT.has(code);
  const leaves = ({ code, next }) => (next?.length ? next.flatMap(leaves) : [code]);
  return leaves(messageText).every(leaf => LEFT_OUT.has(leaf));
}
