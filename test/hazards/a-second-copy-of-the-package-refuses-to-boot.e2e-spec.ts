import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

describe('an application with two copies of nestjs-eie', () => {
  let folder: string;
  let boots: { readonly oneCopy: string; readonly toolsOfTheOther: string; readonly modulesOfTheOther: string };

  /** All of them in one process, one after the other. */
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'eie-copy-')));
    cpSync(path('../../libs/eie/src'), join(folder, 'src'), { recursive: true });
    cpSync(path('../../libs/eie/package.json'), join(folder, 'package.json'));
    symlinkSync(path('../../node_modules'), join(folder, 'node_modules'));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', path('../support/typescript-loader.mjs'), path('../support/two-copies.ts')],
      { encoding: 'utf8', env: { PATH: process.env.PATH, NODE_ENV: 'test', COPY: folder } },
    );
    expect(stderr).toBe('');
    boots = JSON.parse(stdout) as typeof boots;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('boots where both names lead to one copy', () => {
    expect(boots.oneCopy).toBe('booted');
  });

  it('does not start with a tool class that the other copy has decorated: its tools would be missing without a word', () => {
    const message = boots.toolsOfTheOther;
    expect(message).toContain(`ProfileTools is decorated by the copy of nestjs-eie in ${folder}/`);
    expect(message).toContain(
      `nestjs-eie is loaded 2 times, from ${path('../../libs/eie')}/src/ and ${folder}/src/: keep one.`,
    );
    expect(message).toContain('import both from one copy');
  });

  it('does not start with the MCP module of the other copy, which needs its own EieModule', () => {
    const message = boots.modulesOfTheOther;
    expect(message).toContain('EieMcpModule.register() needs EieModule');
    expect(message).toContain(`There is another copy of nestjs-eie in ${path('../../libs/eie')}/`);
  });
});
