import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { ByHandError } from './by-hand.js';
import { type FileChange } from './file-changes.js';
import { environmentExample, generatedFiles, MODULE_FILE, MODULE_NAME } from './generated-files.js';
import { globalGuards, openHandlers } from './http-handlers.js';
import { jestChanges, jestNotes, withJestPreset } from './jest.js';
import { withLineEndsOf } from './json-text.js';
import { type NestProject, readSource, testFolders } from './nest-project.js';
import { withPackages } from './packages.js';
import { markingPublic } from './public-routes.js';
import { findRootModule, importingModule, type RootModule } from './root-module.js';
import { type Source } from './source.js';

/** What would be done, and what is left to whoever runs the command. */
export interface Plan {
  readonly changes: readonly FileChange[];
  /** A file of the project that has set the boundary up in its own way; then there are no changes. */
  readonly setUpIn?: string;
  /** Where MCP is served, with the global prefix. */
  readonly mcpPath: string;
  /** Handlers that are marked `@Public()`. */
  readonly open: readonly string[];
  /** Handlers that somebody must decide about, and why. */
  readonly undecided: readonly string[];
  /** What else has to be done by hand. */
  readonly notes: readonly string[];
}

const FOLDER = 'identity';

/** @throws ByHandError where the project is not as expected; nothing is written in any case */
export function makePlan(project: NestProject): Plan {
  const sources = sourcesOf(project);
  const root = findRootModule(project);
  const folder = join(dirname(root.source.file), FOLDER);
  const own = join(folder, `${MODULE_FILE}.ts`);
  const setUpIn = sources.find(source => source.file !== own && setsUp(source));
  const prefix = root.globalPrefix?.replace(/^\/|\/$/g, '');
  const mcpPath = prefix ? `/${prefix}/mcp` : '/mcp';
  if (setUpIn)
    return { changes: [], setUpIn: shown(project, setUpIn.file), mcpPath, open: [], undecided: [], notes: [] };
  if (existsSync(own) && !readSource(project, own).importsFrom('nestjs-eie'))
    throw new ByHandError(`${shown(project, own)} is there already, and knows nothing of nestjs-eie.`);

  // Another module of the application may have the name.
  const other = `Eie${MODULE_NAME}`;
  const isTaken = root.source.mentions(other) || (!existsSync(own) && root.source.mentions(MODULE_NAME));
  const name = isTaken ? other : MODULE_NAME;
  const imported = importingModule(root, name);
  const isFirst = imported !== undefined;
  const edits = new Map<string, FileChange>();
  const edit = (source: Source, after: string): void =>
    void edits.set(source.file, { file: source.file, before: source.text, after });
  const [open, undecided]: [string[], string[]] = [[], []];
  const extension = root.source.extension ?? (project.isEsm ? '.js' : '');
  const insertions = imported
    ? [
        imported,
        root.source.importing(isTaken ? `${MODULE_NAME} as ${name}` : name, `./${FOLDER}/${MODULE_FILE}${extension}`),
      ]
    : [];
  // What has been written since is for the boot checks, and no longer known to be as open as before.
  for (const source of isFirst ? sources : []) {
    const handlers = openHandlers(source, guardsOf(sources));
    for (const { name, unclear } of handlers)
      if (unclear === undefined) open.push(name);
      else undecided.push(`${name} (${shown(project, source.file)}): ${unclear}`);
    const marks = markingPublic(source, handlers);
    if (source.file === root.source.file) insertions.push(...marks);
    else if (marks.length) edit(source, source.with(marks));
  }
  if (insertions.length) edit(root.source, root.source.with(insertions));
  const changes = [
    ...edits.values(),
    ...newFiles(project, root, folder, extension),
    ...besideSources(project, mcpPath),
  ].filter(({ before, after }) => before !== after);
  return {
    changes,
    mcpPath,
    open,
    undecided,
    notes: isFirst ? [...jestNotes(project), ...testNotes(project, root)] : [],
  };
}

/** As it is shown: with `/`, from the folder of the project. */
export const shown = (project: NestProject, file: string): string =>
  relative(project.folder, file).split(sep).join('/');

const guardsOf = (sources: readonly Source[]): string | undefined => {
  for (const source of sources) {
    const guards = globalGuards(source);
    if (guards) return guards;
  }
  return undefined;
};

function setsUp(source: Source): boolean {
  const { ts } = source;
  return [...source.nodes()].some(node => {
    if (!ts.isPropertyAccessExpression(node)) return false;
    const imported = source.imported(node.expression.getText());
    return (
      imported?.from.startsWith('nestjs-eie') === true &&
      ['EieModule', 'EieReceiverModule'].includes(imported.name) &&
      node.name.text.startsWith('forRoot')
    );
  });
}

/** Tests that start the whole application. */
function testNotes(project: NestProject, { type }: RootModule): string[] {
  return testFolders(project)
    .filter(existsSync)
    .flatMap(folder => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)))
    .filter(file => file.endsWith('spec.ts') && new RegExp(`\\b${type.name?.text}\\b`).test(readFileSync(file, 'utf8')))
    .map(file => `${shown(project, file)} starts the application: set EIE_RESOURCE and EIE_ISSUER for it`);
}

/** The files that may say something of routes and guards; not those of tests. */
function sourcesOf(project: NestProject): Source[] {
  return readdirSync(project.sourceRoot, { recursive: true, encoding: 'utf8' })
    .filter(path => /(?<!\.d|spec|test)\.ts$/.test(path) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(path))
    .sort()
    .map(path => join(project.sourceRoot, path))
    .filter(file => /@Controller|GUARD|useGlobalGuards|nestjs-eie/.test(readFileSync(file, 'utf8')))
    .map(file => readSource(project, file));
}

/** A file that is there may have been changed since: it stays. */
function newFiles(project: NestProject, { source }: RootModule, folder: string, extension: string): FileChange[] {
  const { name = 'mcp-server', version = '0.0.1' } = project.manifest;
  const texts = generatedFiles({ extension, quote: source.quote, newline: source.newline, name, version });
  return Object.entries(texts)
    .map(([file, after]) => ({ file: join(folder, file), before: undefined, after }))
    .filter(({ file }) => !existsSync(file));
}

function besideSources(project: NestProject, mcpPath: string): FileChange[] {
  const example = environmentExample(mcpPath);
  return [
    {
      file: join(project.folder, 'package.json'),
      before: project.manifestText,
      after: withJestPreset(project, withPackages(project)),
    },
    ...jestChanges(project),
    appended(join(project.folder, '.env.example'), text => (text.includes('EIE_RESOURCE') ? '' : example)),
    appended(join(project.folder, '.gitignore'), ignored),
  ];
}

/** The audit log says who did what, and the environment may hold secrets. */
function ignored(text: string): string {
  const lines = text.split(/\r?\n/).map(line => line.trim().replace(/^\/|\/$/g, ''));
  return ['.env', 'eie-audit/']
    .filter(one => !lines.includes(one.replace(/\/$/, '')))
    .map(one => `${one}\n`)
    .join('');
}

function appended(file: string, further: (text: string) => string): FileChange {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const text = before ?? '';
  const added = further(text);
  const gap = text && added ? (text.endsWith('\n') ? '' : '\n') : '';
  return { file, before, after: text + withLineEndsOf(text, gap + added) };
}
