import { execFileSync } from 'node:child_process';
import { type Files, makeNestProject, type NestProjectFolder } from '../support/nest-project.js';

describe('what nestjs-eie init writes', () => {
  const projects: NestProjectFolder[] = [];
  afterEach(() => projects.splice(0).forEach(one => one.remove()));
  const made = (module: 'esm' | 'cjs' = 'esm', files: Files = {}): NestProjectFolder => {
    const project = makeNestProject(module, files);
    projects.push(project);
    return project;
  };

  it('writes no secret into a file, and shows none', async () => {
    const secret = 'a-secret-of-this-machine';
    const project = made('esm', { '.env': `EIE_ISSUER=${secret}\nCLIENT_SECRET=${secret}\n` });
    process.env.EIE_ISSUER = process.env.EIE_RESOURCE = secret;
    const { output, notes } = await project.init('--yes');
    delete process.env.EIE_ISSUER;
    delete process.env.EIE_RESOURCE;
    const { '.env': own, ...files } = project.all();
    expect(own).toContain(secret);
    expect(JSON.stringify({ files, output, notes })).not.toContain(secret);
    expect(project.text('.gitignore')).toBe('.env\neie-audit/\n');
  });

  it('writes only where somebody agrees', async () => {
    const project = made();
    const before = project.all();
    expect(await project.init()).toMatchObject({ code: 1, notes: expect.stringContaining('Add --yes') });
    for (const answer of ['', 'n', 'maybe']) expect(await project.initAnswering(answer)).toMatchObject({ code: 1 });
    expect(project.all()).toEqual(before);
    expect(await project.initAnswering('y')).toMatchObject({ code: 0 });
    expect(project.text('src/app.module.ts')).toContain('IdentityModule');
  });

  it('writes all or nothing', async () => {
    const project = made('esm', { 'src/identity': 'a file where the folder should be' });
    const before = project.all();
    expect(await project.init('--yes')).toMatchObject({
      code: 1,
      notes: expect.stringContaining('Nothing is written'),
    });
    expect(project.all()).toEqual(before);
  });

  it('leaves a file alone that has uncommitted changes, unless it is told', async () => {
    const project = made('esm', { '.gitignore': 'node_modules\n' });
    const git = (...args: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@shop.test', ...args], { cwd: project.folder });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'A new project');
    project.write({ 'src/app.module.ts': `${project.text('src/app.module.ts')}// not committed\n` });
    const before = project.all();
    const { code, notes } = await project.init('--yes');
    expect(project.all()).toEqual(before);
    expect([code, notes]).toEqual([1, expect.stringContaining('src/app.module.ts has uncommitted changes')]);
    expect(await project.init('--yes', '--force')).toMatchObject({ code: 0 });
    expect(project.text('src/app.module.ts')).toMatch(/IdentityModule[^]*\/\/ not committed\n$/);
  });
});
