import { type Files, makeNestProject, type NestProjectFolder } from '../support/nest-project.js';

const ROOT = `import { Module } from '@nestjs/common';
import { IdentityModule } from './users/identity.module.js'; // of the users

@Module({ imports: [IdentityModule.forRoot()] })
export class AppModule {}
`;
const JEST = '{\n  "rootDir": ".",\n  "transform": { "^.+\\\\.(t|j)s$": "ts-jest" }\n}\n';

describe('nestjs-eie init in projects of other shapes', () => {
  const projects: NestProjectFolder[] = [];
  afterEach(() => projects.splice(0).forEach(one => one.remove()));
  const made = (module: 'esm' | 'cjs', files: Files): NestProjectFolder => {
    const project = makeNestProject(module, files);
    projects.push(project);
    return project;
  };

  it.each(['IdentityModule.forRoot()', 'IdentityModule'])(
    'imports its module beside another one of that name, and once: %s',
    async imported => {
      const project = made('esm', { 'src/app.module.ts': ROOT.replace('IdentityModule.forRoot()', imported) });
      expect(await project.init('--yes')).toMatchObject({ code: 0 });
      expect(project.text('src/app.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { IdentityModule } from './users/identity.module.js'; // of the users
import { IdentityModule as EieIdentityModule } from './identity/identity.module.js';

@Module({ imports: [${imported}, EieIdentityModule] })
export class AppModule {}
`);
      expect((await project.init('--yes')).output).toMatch(/^Nothing to change/);
    },
  );

  it('keeps the byte order mark and the line ends that an editor of Windows writes', async () => {
    const windows = (text: string): string => text.replaceAll('\n', '\r\n');
    const manifest = JSON.parse(made('esm', {}).text('package.json')) as object;
    const project = made('esm', {
      'package.json': `\ufeff${windows(`${JSON.stringify(manifest, null, 2)}\n`)}`,
      '.gitignore': 'dist\r\n',
    });
    expect(await project.init('--yes')).toMatchObject({ code: 0 });
    expect(project.text('package.json')).toMatch(/^\ufeff\{\r\n {2}"name": "shop",\r\n/);
    expect(project.text('package.json')).toContain('"nestjs-eie"');
    expect(project.text('.gitignore')).toBe('dist\r\n.env\r\neie-audit/\r\n');
    for (const file of ['package.json', '.gitignore']) expect(project.text(file)).not.toMatch(/[^\r]\n/);
  });

  it('gives the end-to-end tests of an application in a monorepo the preset for Jest, and names those that start it', async () => {
    const { manifest, ...single } = { manifest: made('cjs', {}).text('package.json'), ...made('cjs', {}).all() };
    const sources = Object.entries(single).filter(([file]) => file.startsWith('src/'));
    const project = made('cjs', {
      ...Object.fromEntries(sources.map(([file, text]) => [`apps/shop/${file}`, text])),
      'package.json': JSON.stringify({ ...(JSON.parse(manifest) as object), devDependencies: { jest: '^30.0.0' } }),
      'nest-cli.json': JSON.stringify({ projects: { shop: { type: 'application', sourceRoot: 'apps/shop/src' } } }),
      'apps/shop/test/jest-e2e.json': JEST,
      'apps/shop/test/app.e2e-spec.ts': 'createTestingModule({ imports: [AppModule] });',
    });
    const { code, output } = await project.init('--yes');
    expect(code).toBe(0);
    expect(JSON.parse(project.text('apps/shop/test/jest-e2e.json'))).toEqual({
      preset: 'nestjs-eie',
      rootDir: '.',
      transform: { '^.+\\.ts$': 'ts-jest' },
    });
    expect(output).toContain('apps/shop/test/app.e2e-spec.ts starts the application');
  });

  it('writes a module that compiles, whatever the name of the project has in it', async () => {
    const manifest = JSON.parse(made('esm', {}).text('package.json')) as object;
    const project = made('esm', { 'package.json': JSON.stringify({ ...manifest, name: "it's" }) });
    await project.init('--yes');
    expect(project.text('src/identity/identity.module.ts')).toContain("name: 'its',");
  });
});
