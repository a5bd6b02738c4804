import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { controller, type Files, makeNestProject, type NestProjectFolder } from '../support/nest-project.js';

const PUBLIC = "@Public({ reason: 'It had no guard when nestjs-eie was added.' })";

describe('nestjs-eie init', () => {
  const projects: NestProjectFolder[] = [];
  afterEach(() => projects.splice(0).forEach(one => one.remove()));
  const made = (module: 'esm' | 'cjs' = 'esm', files: Files = {}): NestProjectFolder => {
    const project = makeNestProject(module, files);
    projects.push(project);
    return project;
  };

  it.each([
    ['esm', '.js'],
    ['cjs', ''],
  ] as const)('adds the boundary, a first tool and what they need, and nothing else: %s', async (module, js) => {
    const project = made(module);
    const before = project.all();
    expect(await project.init('--yes')).toMatchObject({ code: 0, notes: '' });
    const { 'package.json': manifest, ...after } = project.all();
    expect(Object.keys(after).filter(file => after[file] !== before[file])).toEqual(
      expect.arrayContaining(['src/app.module.ts', 'src/app.controller.ts', '.env.example', '.gitignore']),
    );
    expect(after['src/main.ts']).toBe(before['src/main.ts']);
    expect(after['src/app.module.ts']).toBe(
      before['src/app.module.ts']!.replace('imports: []', 'imports: [IdentityModule]').replace(
        /(.*app\.controller.*\n)/,
        `$1import { IdentityModule } from './identity/identity.module${js}';\n`,
      ),
    );
    expect(after['src/app.controller.ts']).toContain(`  @Get()\n  ${PUBLIC}\n  getHello`);
    expect(after['src/identity/identity.module.ts']).toContain(`from './identity.options${js}'`);
    expect(after['src/identity/identity.module.ts']).toContain("name: 'shop',\n      version: '1.2.3'");
    expect(Object.keys((JSON.parse(manifest!) as { dependencies: object }).dependencies)).toEqual([
      ...['@modelcontextprotocol/server', '@nestjs/common', '@nestjs/core', 'class-transformer', 'class-validator'],
      ...['nestjs-eie', 'reflect-metadata', 'rxjs'],
    ]);
    expect(manifest).toMatch(/\n {2}"scripts": \{\n {4}"build": "nest build"\n {2}\},\n/);
  });

  it('shows every change before it writes one, and writes none in a dry run', async () => {
    const project = made();
    const before = project.all();
    const shown = await project.init('--dry-run');
    expect(project.all()).toEqual(before);
    const written = await project.init('--yes');
    const diff = (output: string): string => output.slice(0, output.indexOf('Every route'));
    expect(diff(written.output)).toBe(diff(shown.output));
    // The diff is the change: applied by another program, it gives the same files.
    const twin = made();
    execFileSync('git', ['apply'], { cwd: twin.folder, input: diff(shown.output) });
    expect(twin.all()).toEqual(project.all());
  });

  it('changes nothing the second time, and says so', async () => {
    const project = made();
    await project.init('--yes');
    project.write({ 'src/identity/identity.options.ts': '// changed by its owner\n' });
    const before = project.all();
    expect(await project.init('--yes')).toEqual({
      code: 0,
      output: 'Nothing to change. It is set up already.\n',
      notes: '',
    });
    expect(project.all()).toEqual(before);
  });

  it('gives no policy to a route that is written after the first time', async () => {
    const project = made();
    await project.init('--yes');
    project.write({ 'src/late.controller.ts': controller('@Get()') });
    expect(await project.init('--yes')).toMatchObject({ output: 'Nothing to change. It is set up already.\n' });
    expect(project.text('src/late.controller.ts')).not.toContain('@Public');
  });

  it('keeps line feeds, quotation marks, indentation and the order of what is there', async () => {
    const module = `import { Module } from "@nestjs/common";\r
import { A } from "./a.js";\r
\r
@Module({\r
\timports: [\r
\t\tA,\r
\t\t// the last one\r
\t],\r
})\r
export class AppModule {}\r
`;
    const manifest = '{\n\t"type": "module",\n\t"dependencies": { "z": "1.0.0", "a": "1.0.0" }\n}';
    const project = made('esm', { 'src/app.module.ts': module, 'package.json': manifest });
    await project.init('--yes');
    expect(project.text('src/app.module.ts')).toBe(
      module
        .replace('\t\tA,', '\t\tA,\r\n\t\tIdentityModule,')
        .replace('"./a.js";', '"./a.js";\r\nimport { IdentityModule } from "./identity/identity.module.js";'),
    );
    expect(project.text('src/identity/whoami.tools.ts')).not.toMatch(/'|[^\r]\n/);
    expect(project.text('package.json')).toMatch(
      /^\{\n\t"type": "module",\n\t"dependencies": \{\n\t\t"z": .*\n\t\t"a": /,
    );
    expect(project.text('package.json')).toMatch(/\}$/);
  });

  it('adds to a module without imports, to one in the entry file, and to one by an alias', async () => {
    const decorated = "import { Module } from '@nestjs/common';\n@Module({})\nexport class AppModule {}\n";
    const own = made('esm', {
      'src/main.ts': `import { NestFactory } from '@nestjs/core';\n${decorated}await NestFactory.create(AppModule);\n`,
    });
    await own.init('--yes');
    expect(own.text('src/main.ts')).toContain('@Module({ imports: [IdentityModule] })');
    expect(own.text('src/main.ts')).toContain("from './identity/identity.module.js'");

    const tsconfig = {
      compilerOptions: {
        ...{ module: 'nodenext', experimentalDecorators: true, emitDecoratorMetadata: true },
        paths: { '@app/*': ['./src/*'] },
      },
    };
    const aliased = made('cjs', {
      'tsconfig.json': JSON.stringify(tsconfig),
      'src/main.ts':
        "import { NestFactory } from '@nestjs/core';\nimport { AppModule as Root } from '@app/root/app.module';\nvoid NestFactory.create<App>(Root, new FastifyAdapter());\n",
      'src/root/app.module.ts': decorated.replace('{}', "{ providers: ['x'] }"),
    });
    await aliased.init('--yes');
    expect(aliased.text('src/root/app.module.ts')).toContain(
      "@Module({ imports: [IdentityModule], providers: ['x'] })",
    );
    expect(aliased.text('src/root/identity/identity.module.ts')).toContain('IdentityModule');
  });

  it('changes a CommonJS project whose compiler options are those of an earlier Nest', async () => {
    const compilerOptions = { module: 'commonjs', experimentalDecorators: true, emitDecoratorMetadata: true };
    const project = made('cjs', { 'tsconfig.json': JSON.stringify({ compilerOptions }) });
    expect((await project.init('--yes')).code).toBe(0);
    expect(project.text('src/app.module.ts')).toContain('IdentityModule');
  });

  it('names the route with the global prefix of the application', async () => {
    const project = made();
    const main = project.text('src/main.ts');
    project.write({
      'src/main.ts': main.replace('  await app.listen', "  app.setGlobalPrefix('/api');\n  await app.listen"),
    });
    expect((await project.init('--yes')).output).toContain('whoami at /api/mcp\n');
    expect(project.text('.env.example')).toContain('EIE_RESOURCE=http://localhost:3000/api/mcp\n');
  });

  it('changes one application of a monorepo, and asks which', async () => {
    const [main, module] = [made().text('src/main.ts'), made().text('src/app.module.ts')];
    const application = (name: string) => ({ type: 'application', sourceRoot: `apps/${name}/src`, entryFile: 'main' });
    const project = made('esm', {
      'nest-cli.json': JSON.stringify({ projects: { shop: application('shop'), stock: application('stock') } }),
      'apps/shop/src/main.ts': main,
      'apps/shop/src/app.module.ts': module,
    });
    expect(await project.init('--yes')).toMatchObject({ code: 2, notes: expect.stringContaining('shop or stock') });
    expect(await project.init('--yes', '--project', 'shop')).toMatchObject({ code: 0 });
    expect(project.text('apps/shop/src/app.module.ts')).toContain('IdentityModule');
    expect(project.text('src/app.module.ts')).not.toContain('IdentityModule');
  });

  it('adds to files that are there: .env.example and .gitignore', async () => {
    const project = made('esm', { '.env.example': 'PORT=3000', '.gitignore': '/node_modules\n/.env\n' });
    await project.init('--yes');
    expect(project.text('.env.example')).toMatch(/^PORT=3000\n# A file \.env .+\n# The address/);
    expect(project.text('.gitignore')).toBe('/node_modules\n/.env\neie-audit/\n');
  });

  it('gives Jest the preset of this library where there is one, and narrows the transform that comes before it', async () => {
    const jest = { rootDir: 'src', transform: { '^.+\\.(t|j)s$': 'ts-jest' }, testEnvironment: 'node' };
    const manifest = { dependencies: {}, devDependencies: { jest: '^30.0.0' }, jest };
    const e2e =
      '{\n  "moduleFileExtensions": ["js", "ts"],\n  "transform": {\n    "^.+\\\\.(t|j)s$": "ts-jest"\n  }\n}\n';
    const files = { 'package.json': JSON.stringify(manifest), 'test/jest-e2e.json': e2e };
    const configured = async (module: 'cjs' | 'esm') => {
      const type = module === 'esm' ? { type: 'module' } : {};
      const project = made(module, { ...files, 'package.json': JSON.stringify({ ...manifest, ...type }) });
      await project.init('--yes');
      const { jest: own } = JSON.parse(project.text('package.json')) as { jest: object };
      return [Object.entries(own), project.text('test/jest-e2e.json')];
    };
    expect(await configured('esm')).toEqual([Object.entries(jest), e2e]);
    const own = readFileSync(new URL('../../libs/eie/package.json', import.meta.url), 'utf8');
    const narrowed = e2e.replace('(t|j)s', 'ts').replace('{\n', '{\n  "preset": "nestjs-eie",\n');
    const withPreset = { preset: 'nestjs-eie', ...jest, transform: { '^.+\\.ts$': 'ts-jest' } };
    expect(await configured('cjs')).toEqual(
      own.includes('"./jest-preset"') ? [Object.entries(withPreset), narrowed] : [Object.entries(jest), e2e],
    );
  });

  it('names the tests that start the whole application', async () => {
    const project = made('esm', { 'test/app.e2e-spec.ts': "import { AppModule } from '../src/app.module.js';\n" });
    expect((await project.init('--yes')).output).toContain('  test/app.e2e-spec.ts starts the application: set EIE_');
  });
});
