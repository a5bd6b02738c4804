import { decodeJwt } from 'jose';
import { Binary, DevProjectFolder, DevRun } from './dev-run.js';

describe('the users of nestjs-eie dev', () => {
  let project: DevProjectFolder;
  let run: DevRun | undefined;

  beforeEach(() => {
    project = new DevProjectFolder({ 'package.json': '{"name":"shop"}' });
  });

  afterEach(async () => {
    await run?.end();
    project.remove();
  });

  it('have the tenant and the roles that they were started with, where a token does not say otherwise', async () => {
    run = await DevRun.start(project.folder, [
      '--user',
      'carol:acme:clerk,admin',
      '--user',
      'dave',
      '--',
      'sleep',
      '600',
    ]);
    const claims = async (...args: string[]) => {
      const { output } = await new Binary(project.folder, ['token', ...args]).ended();
      return decodeJwt(output.trim());
    };
    expect((await run.state()).users).toEqual([
      { sub: 'carol', name: 'carol', tenant: 'acme', roles: ['clerk', 'admin'] },
      { sub: 'dave', name: 'dave', tenant: null, roles: [] },
    ]);
    expect(await claims('--sub', 'carol')).toMatchObject({ tenant: 'acme', roles: ['clerk', 'admin'] });
    expect(await claims('--sub', 'carol', '--tenant', 'globex', '--role', 'x')).toMatchObject({
      ...{ tenant: 'globex', roles: ['x'] },
    });
    expect(Object.keys(await claims('--sub', 'dave'))).not.toContain('tenant');
  });

  it.each([
    [['--user', ':acme', '--', 'true']],
    [['--user', 'a:b:c:d', '--', 'true']],
    [[]],
    [['--port', '1', 'true']],
  ])('and the start command must be understood: %j is refused', async args => {
    const { code, notes } = await new Binary(project.folder, ['dev', ...args]).ended();
    expect(code).toBe(2);
    expect(notes).toMatch(/--user|Name the start command|--port/);
  });

  it('get no token where nothing runs', async () => {
    const { code, output, notes } = await new Binary(project.folder, ['token', '--sub', 'alice']).ended();
    expect([code, output]).toEqual([2, '']);
    expect(notes).toContain('Start it with: npx nestjs-eie dev');
  });
});
