import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from 'execution-identity/internal/cli';
import type ts from 'typescript';
import { ByHandError } from './by-hand.js';
import { parsedJson } from './json-text.js';
import { type Compiler, Source } from './source.js';

/** What `package.json` says that matters here. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly packageManager?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly jest?: Readonly<Record<string, unknown>>;
}

interface NestCli {
  readonly sourceRoot?: string;
  readonly entryFile?: string;
  readonly root?: string;
  readonly compilerOptions?: { readonly tsConfigPath?: string };
  readonly projects?: Readonly<Record<string, NestCli & { readonly type?: string }>>;
}

/** A project of Nest on disk, read with its own compiler. It changes nothing. */
export interface NestProject {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly ts: Compiler;
  readonly compilerOptions: ts.CompilerOptions;
  /** The folder of the sources, and the file that starts the application, as full paths. */
  readonly sourceRoot: string;
  readonly entryFile: string;
  readonly isEsm: boolean;
}

/**
 * @param name of `projects` of nest-cli.json, in a monorepo
 * @throws UsageError where there is no project of Nest, or the name is none; ByHandError where it is of a kind that cannot be changed
 */
export function readProject(folder: string, name?: string): NestProject {
  const manifestFile = join(folder, 'package.json');
  if (!existsSync(manifestFile))
    throw new UsageError(`${folder} has no package.json. Run the command in the folder of a Nest project.`);
  const manifestText = readFileSync(manifestFile, 'utf8');
  const manifest = manifestOf(manifestText, manifestFile);
  const compiler = compilerOf(folder);
  const cliFile = join(folder, 'nest-cli.json');
  const cli = existsSync(cliFile) ? (configuration(compiler, cliFile) as NestCli) : {};
  const project = { ...cli, ...(name === undefined ? defaultOf(cli) : named(cli, name)) };
  const sourceRoot = resolve(folder, project.sourceRoot ?? 'src');
  const entryFile = join(sourceRoot, `${project.entryFile ?? 'main'}.ts`);
  if (!existsSync(entryFile))
    throw new UsageError(
      `${relative(folder, entryFile)} is not there. Run the command in the folder of a Nest project; in a monorepo name the application: --project <name>.`,
    );
  const compilerOptions = optionsOf(compiler, folder, project);
  const isEsm = manifest.type === 'module';
  assertReadsPackages(compiler, compilerOptions, isEsm);
  return { folder, manifest, manifestText, ts: compiler, compilerOptions, sourceRoot, entryFile, isEsm };
}

export const readSource = (project: NestProject, file: string): Source =>
  new Source(project.ts, file, readFileSync(file, 'utf8'));

/** Where the tests of the application are that start all of it: in a monorepo beside its sources. */
export const testFolders = ({ folder, sourceRoot }: NestProject): string[] => [
  ...new Set([join(folder, 'test'), join(dirname(sourceRoot), 'test')]),
];

function defaultOf(cli: NestCli): NestCli {
  const [only, ...others] = Object.entries(cli.projects ?? {}).filter(([, { type }]) => type !== 'library');
  if (cli.sourceRoot !== undefined || !only) return {};
  if (others.length)
    throw new UsageError(`Name the application: --project ${[only, ...others].map(([name]) => name).join(' or ')}`);
  return only[1];
}

function named(cli: NestCli, name: string): NestCli {
  const found = cli.projects?.[name];
  const names = Object.keys(cli.projects ?? {});
  if (!found)
    throw new UsageError(
      `nest-cli.json has no project "${name}". It has: ${names.join(', ') || 'none, so leave --project out'}.`,
    );
  return found;
}

function manifestOf(text: string, file: string): Manifest {
  try {
    return parsedJson(text) as Manifest;
  } catch {
    throw new UsageError(`${file} cannot be read as JSON.`);
  }
}

/** JSON that may have comments. */
function configuration(compiler: Compiler, file: string): object {
  const read = compiler.readConfigFile(file, path => readFileSync(path, 'utf8')) as { config: object; error?: unknown };
  if (read.error) throw new UsageError(`${file} cannot be read as JSON.`);
  return read.config;
}

function compilerOf(folder: string): Compiler {
  const load = createRequire(join(folder, 'package.json'));
  let compiler: Partial<Compiler>;
  try {
    compiler = load('typescript') as Partial<Compiler>;
  } catch {
    throw new UsageError('The project has no typescript in node_modules: install its packages first (npm install).');
  }
  // TypeScript 7 has no syntax trees for others.
  if (!compiler.createSourceFile || !compiler.readConfigFile)
    throw new ByHandError(
      `typescript ${compiler.version ?? 'of the project'} does not parse files for other programs.`,
    );
  return compiler as Compiler;
}

function optionsOf(compiler: Compiler, folder: string, project: NestCli): ts.CompilerOptions {
  const [file] = [project.compilerOptions?.tsConfigPath, 'tsconfig.build.json', 'tsconfig.json']
    .filter(path => path !== undefined)
    .map(path => resolve(folder, path))
    .filter(existsSync);
  if (!file) throw new ByHandError('The project has no tsconfig.json.');
  const { options } = compiler.parseJsonConfigFileContent(
    configuration(compiler, file),
    { ...compiler.sys, readDirectory: () => [] },
    dirname(file),
    undefined,
    file,
  );
  return options;
}

/** The packages have entry points (`exports`; `typesVersions` for CommonJS projects as Nest has made them until 11.0) and are ES modules. */
function assertReadsPackages(compiler: Compiler, options: ts.CompilerOptions, isEsm: boolean): void {
  const { ModuleResolutionKind: kinds, ModuleKind } = compiler;
  const { module = ModuleKind.CommonJS } = options;
  const isNode = module >= ModuleKind.Node16 && module <= ModuleKind.NodeNext;
  const { moduleResolution = isNode ? kinds.NodeNext : undefined } = options;
  const isPlainCommonJs = !isEsm && module === ModuleKind.CommonJS;
  if (!isPlainCommonJs && ![kinds.Node16, kinds.NodeNext, kinds.Bundler].includes(moduleResolution!))
    throw new ByHandError(
      'The tsconfig.json resolves packages in a way that knows no entry points such as "nestjs-eie/mcp": set "module" and "moduleResolution" to "nodenext".',
    );
  if (!options.experimentalDecorators || !options.emitDecoratorMetadata)
    throw new ByHandError('The tsconfig.json lacks "experimentalDecorators" or "emitDecoratorMetadata": set both.');
  const [major = 0, minor = 0] = compiler.version.split('.').map(Number);
  if (!isEsm && (major < 5 || (major === 5 && minor < 8)))
    throw new ByHandError(
      `typescript ${compiler.version} does not let a CommonJS project import ES modules: update it to 5.8 or newer.`,
    );
}
