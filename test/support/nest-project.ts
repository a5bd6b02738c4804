import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from 'execution-identity/internal/cli';
import { COMMANDS } from 'nestjs-eie/internal/cli';
import { type Ran } from './command-line.js';

export type Files = Readonly<Record<string, string | undefined>>;

/** A project in a folder of its own, as `nest new` makes it, but for what a test says. */
export interface NestProjectFolder {
  readonly folder: string;
  text(file: string): string;
  write(files: Files): void;
  /** Every file but those of node_modules and of Git. */
  all(): Record<string, string>;
  /** `nestjs-eie init`, without an installation. */
  init(...args: string[]): Promise<Ran>;
  /** The same where somebody is asked, and answers. */
  initAnswering(answer: string): Promise<Ran>;
  remove(): void;
}

export function makeNestProject(module: 'esm' | 'cjs', files: Files = {}): NestProjectFolder {
  const folder = mkdtempSync(join(tmpdir(), 'eie-init-'));
  const write = (written: Files): void => {
    for (const [file, text] of Object.entries(written)) {
      if (text === undefined) continue;
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
  };
  write({ ...asNestNew(module), ...files });
  const hasOwnPackages = Object.keys(files).some(file => file.startsWith('node_modules/'));
  const [from, to] = hasOwnPackages
    ? [join(packages, 'typescript'), 'node_modules/typescript']
    : [packages, 'node_modules'];
  symlinkSync(from, join(folder, to));
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const run = async (args: readonly string[], answer?: string): Promise<Ran> => {
    const [output, notes]: [string[], string[]] = [[], []];
    const terminal = {
      write: (one: string) => void output.push(one),
      note: (one: string) => void notes.push(one),
      drained: () => Promise.resolve(),
      isInteractive: false,
      signal: new AbortController().signal,
      ...(answer !== undefined && { ask: () => Promise.resolve(answer) }),
    };
    const argv = ['init', folder, '--no-install', ...args];
    const code = await runCommandLine(argv, 'nestjs-eie', terminal, COMMANDS);
    return { code, output: output.join(''), notes: notes.join('') };
  };
  return {
    folder,
    text,
    write,
    all: () =>
      Object.fromEntries(
        // With types it does not go into packages that are linked.
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter(entry => entry.isFile())
          .map(entry => relative(folder, join(entry.parentPath, entry.name)))
          .filter(file => !/^(node_modules|\.git)(\/|$)/.test(file))
          .map(file => [file, text(file)]),
      ),
    init: (...args) => run(args),
    initAnswering: answer => run([], answer),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));

function asNestNew(module: 'esm' | 'cjs'): Files {
  const js = module === 'esm' ? '.js' : '';
  const manifest = {
    name: 'shop',
    version: '1.2.3',
    private: true,
    ...(module === 'esm' && { type: 'module' }),
    scripts: { build: 'nest build' },
    dependencies: { '@nestjs/common': '^12.0.1', '@nestjs/core': '^12.0.1', rxjs: '^7.8.1' },
  };
  const compilerOptions = { module: 'nodenext', experimentalDecorators: true, emitDecoratorMetadata: true };
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'nest-cli.json': JSON.stringify({ sourceRoot: 'src' }),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module${js}';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
`,
    'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller${js}';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`,
    'src/app.controller.ts': controller('@Get()'),
  };
}

/** A controller with one handler, and what stands above it. */
export const controller = (
  decorators: string,
  imports = '',
  onClass = '',
): string => `import { Controller, Get } from '@nestjs/common';
${imports}
${onClass}@Controller()
export class AppController {
  ${decorators}
  getHello(): string {
    return 'Hello World!';
  }
}
`;
