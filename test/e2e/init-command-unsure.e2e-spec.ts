import { controller, type Files, makeNestProject, type NestProjectFolder } from '../support/nest-project.js';

const COMMON = "import { Module } from '@nestjs/common';\n";
const MAIN = "import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './app.module.js';\n";
const options = (changed: object): string =>
  JSON.stringify({
    compilerOptions: { module: 'nodenext', experimentalDecorators: true, emitDecoratorMetadata: true, ...changed },
  });

describe('nestjs-eie init where it is not sure', () => {
  const projects: NestProjectFolder[] = [];
  afterEach(() => projects.splice(0).forEach(one => one.remove()));
  const made = (files: Files = {}, module: 'esm' | 'cjs' = 'esm'): NestProjectFolder => {
    const project = makeNestProject(module, files);
    projects.push(project);
    return project;
  };
  const unchanged = async (project: NestProjectFolder, ...args: string[]) => {
    const before = project.all();
    const ran = await project.init('--yes', ...args);
    expect(project.all()).toEqual(before);
    return ran;
  };

  it.each<[what: string, files: Files, why: RegExp]>([
    [
      'imports that are elsewhere',
      { 'src/app.module.ts': `${COMMON}const imports = [];\n@Module({ imports })\nexport class AppModule {}` },
      /"imports" is no list/,
    ],
    [
      'members that are spread',
      { 'src/app.module.ts': `${COMMON}@Module({ ...shared })\nexport class AppModule {}` },
      /are spread/,
    ],
    [
      'metadata that is elsewhere',
      { 'src/app.module.ts': `${COMMON}@Module(metadata)\nexport class AppModule {}` },
      /no @Module\(\{ … \}\)/,
    ],
    ['no class of that name', { 'src/app.module.ts': 'export const AppModule = {};' }, /declares no class AppModule/],
    [
      'a root module of a call',
      { 'src/main.ts': `${MAIN}NestFactory.create(AppModule.forRoot());` },
      /NestFactory.create/,
    ],
    [
      'two applications',
      { 'src/main.ts': `${MAIN}NestFactory.create(AppModule);\nNestFactory.create(AppModule);` },
      /not one NestFactory/,
    ],
    ['no application of HTTP', { 'src/main.ts': `${MAIN}NestFactory.createMicroservice(AppModule);` }, /NestFactory/],
    [
      'a root module of another package',
      {
        'src/main.ts': "import { NestFactory } from '@nestjs/core';\nimport { A } from 'rxjs';\nNestFactory.create(A);",
      },
      /no TypeScript file of this project/,
    ],
    ['a file in the place of its own', { 'src/identity/identity.module.ts': 'export {};' }, /is there already/],
  ])('changes nothing, and says what to add by hand: %s', async (_what, files, why) => {
    const { code, output, notes } = await unchanged(made(files));
    expect([code, notes.replace(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(why)]);
    expect(output).toContain('Nothing was changed.');
    for (const part of ['EieModule.forRootAsync', '@ToolController()', 'imports: [IdentityModule', 'EIE_ISSUER='])
      expect(output).toContain(part);
  });

  it.each<[what: string, files: Files, why: RegExp]>([
    [
      'types that are resolved without entry points',
      { 'tsconfig.json': options({ module: 'commonjs' }) },
      /"nodenext"/,
    ],
    [
      'no metadata of decorators',
      { 'tsconfig.json': options({ emitDecoratorMetadata: false }) },
      /emitDecoratorMetadata/,
    ],
    ['no tsconfig.json', { 'tsconfig.json': '{' }, /tsconfig|JSON/],
    ['no entry file', { 'nest-cli.json': '{ "sourceRoot": "lib" }' }, /lib\/main.ts is not there/],
    ['no JSON', { 'package.json': '{' }, /package.json cannot be read/],
    ['no packages', { 'node_modules/.keep': '' }, /@nestjs\/core in node_modules/],
    ['an old Nest', { 'node_modules/@nestjs/core/package.json': '{ "version": "10.4.0" }' }, /10\.4\.0: update it/],
  ])('changes nothing, and says what to mend first: %s', async (_what, files, why) => {
    const { code, notes } = await unchanged(made(files));
    expect(code).not.toBe(0);
    expect(notes.replace(/\s+/g, ' ')).toMatch(why);
  });

  it('raises a Nest 11 that is older than 11.2, and no other', async () => {
    const manifest = {
      dependencies: { '@nestjs/common': '^11.0.1', '@nestjs/core': '^11.0.1', '@nestjs/config': '^4.0.0' },
    };
    const files = (version: string): Files => ({
      'package.json': JSON.stringify(manifest),
      'node_modules/@nestjs/core/package.json': JSON.stringify({ version }),
      'node_modules/@nestjs/core/index.d.ts': '',
    });
    const raised = async (version: string) => {
      const project = made(files(version));
      await project.init('--yes');
      const { dependencies } = JSON.parse(project.text('package.json')) as { dependencies: Record<string, string> };
      return ['common', 'core', 'config'].map(name => dependencies[`@nestjs/${name}`]);
    };
    expect(await raised('11.1.9')).toEqual(['^11.2.0', '^11.2.0', '^4.0.0']);
    expect(await raised('11.2.0')).toEqual(['^11.0.1', '^11.0.1', '^4.0.0']);
  });

  const guards = "import { UseGuards } from '@nestjs/common';\nimport { Admin, MyGuard, Public } from './auth.js';";
  it.each<[what: string, files: Files, why: RegExp]>([
    [
      'a guard on it',
      { 'src/app.controller.ts': controller('@UseGuards(MyGuard)\n  @Get()', guards) },
      /@UseGuards\(MyGuard\)/,
    ],
    [
      'a guard on its class',
      { 'src/app.controller.ts': controller('@Get()', guards, '@UseGuards(MyGuard)\n') },
      /@UseGuards/,
    ],
    [
      'a decorator of the project',
      { 'src/app.controller.ts': controller('@Get()\n  @Admin()', guards) },
      /what @Admin does/,
    ],
    ['another "Public"', { 'src/app.controller.ts': controller('@Get()', guards) }, /another "Public"/],
    [
      'a class above it',
      { 'src/app.controller.ts': controller('@Get()').replace('AppController', 'AppController extends Base') },
      /extends another one/,
    ],
    [
      'a guard of the application',
      {
        'src/app.guard.ts':
          "import { APP_GUARD } from '@nestjs/core';\nexport const guard = { provide: APP_GUARD, useClass: G };",
      },
      /an APP_GUARD/,
    ],
    [
      'a guard in the entry file',
      { 'src/main.ts': `${MAIN}const app = await NestFactory.create(AppModule);\napp.useGlobalGuards(new G());` },
      /useGlobalGuards\(\)/,
    ],
  ])('leaves a route to whoever knows who may call it: %s', async (_what, files, why) => {
    const project = made(files);
    const before = project.text('src/app.controller.ts');
    const { code, output } = await project.init('--yes');
    expect(code).toBe(0);
    expect(project.text('src/app.controller.ts')).toBe(before);
    expect(output).toMatch(
      /YOU DECIDE: [^]*@Unmanaged[^]*\n {2}AppController\.getHello \(src\/app\.controller\.ts\): /,
    );
    expect(output).toMatch(why);
  });

  it('takes what limits the number of calls for no guard, and a policy of nestjs-eie for a decision', async () => {
    const project = made({
      'src/limits.ts':
        "import { APP_GUARD } from '@nestjs/core';\nimport { ThrottlerGuard } from '@nestjs/throttler';\nexport const limits = { provide: APP_GUARD, useClass: ThrottlerGuard };",
      'src/decided.controller.ts': controller(
        "@Get() @RequireScopes('a')",
        "import { RequireScopes } from 'nestjs-eie';",
      ),
    });
    const { output } = await project.init('--yes');
    expect(output).not.toContain('YOU DECIDE');
    expect(project.text('src/app.controller.ts')).toContain('@Public');
    expect(project.text('src/decided.controller.ts')).not.toContain('@Public');
  });

  it('leaves a project alone that has set the boundary up in its own way', async () => {
    const project = made({
      'src/own.ts': "import { EieModule } from 'nestjs-eie';\nexport const boundary = EieModule.forRoot(options);\n",
    });
    expect(await unchanged(project)).toMatchObject({
      code: 0,
      output: 'Nothing to change. src/own.ts sets the boundary up already.\n',
    });
  });

  it('takes one folder and known options', async () => {
    expect(await made().init('another-folder')).toMatchObject({ code: 2 });
    expect(await made().init('--sure')).toMatchObject({ code: 2 });
    expect(await made().init('--project', 'none')).toMatchObject({ code: 2, notes: expect.stringContaining('none') });
  });
});
