import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the binary in a project that lacks peers of the package', () => {
  let project: string;
  beforeAll(async () => {
    project = await realpath(await mkdtemp(join(tmpdir(), 'eie-peers-')));
    for (const part of ['package.json', 'bin', 'src/cli/missing-peers.ts']) {
      const copy = join(project, 'node_modules/nestjs-eie', part);
      await mkdir(dirname(copy), { recursive: true });
      await cp(join(root, 'libs/eie', part), copy, { recursive: true });
    }
    await symlink(join(root, 'node_modules/rxjs'), join(project, 'node_modules/rxjs'));
  });
  afterAll(() => rm(project, { recursive: true }));

  it('names all of them, and how to install them, and none that is there or optional', async () => {
    const loader = join(root, 'test/support/typescript-loader.mjs');
    const { code, notes } = await new Promise<{ code: unknown; notes: string }>(resolve =>
      execFile(
        process.execPath,
        ['--import', loader, join(project, 'node_modules/nestjs-eie/bin/nestjs-eie.mjs'), 'doctor'],
        { cwd: project, env: { ...process.env, NODE_OPTIONS: '' } },
        (error, _output, notes) => resolve({ code: error?.code, notes }),
      ),
    );
    expect(code).toBe(2);
    const [said, fix] = notes.trim().split('\n');
    const names = ['@nestjs/common', '@nestjs/core', 'class-transformer', 'class-validator', 'reflect-metadata'];
    expect(said).toMatch(new RegExp(names.join('.+')));
    expect(fix).toMatch(new RegExp(`npm install .*"${names.join('@.+')}@`));
    expect(notes).not.toMatch(/rxjs|modelcontextprotocol|rekog/);
  });
});
