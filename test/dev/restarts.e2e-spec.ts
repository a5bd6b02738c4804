import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';
import { Binary, DevProjectFolder, DevRun, isAlive } from './dev-run.js';

/** A small server, whose end takes a while: it says which process it is, and when it has closed. */
const server = (answer: string): string => `import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
const { EIE_ISSUER, EIE_RESOURCE, EIE_AUDIT_DIRECTORY, NODE_ENV } = process.env;
console.log('serves', JSON.stringify({ EIE_ISSUER, EIE_RESOURCE, EIE_AUDIT_DIRECTORY, NODE_ENV }));
appendFileSync('started.txt', process.pid + '\\n');
const server = createServer((_request, response) => response.end('${answer}')).listen(new URL(EIE_RESOURCE).port, 'localhost');
process.on('SIGTERM', () => setTimeout(() => {
  appendFileSync('closed.txt', process.pid + '\\n');
  process.exit(7);
}, 1_500));
`;

const manifest = (start: string): string => JSON.stringify({ name: 'shop', type: 'module', scripts: { start } });

describe('nestjs-eie dev and the process that it starts', () => {
  let project: DevProjectFolder;
  let run: DevRun | undefined;
  let port: number;

  const pids = (file: string): number[] => {
    const path = join(project.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
  };
  const answer = async (): Promise<string> => {
    const response = await fetch(`http://localhost:${port}/`).catch(() => undefined);
    return response?.text() ?? '';
  };
  const start = async (files: Record<string, string> = {}, env = {}): Promise<DevRun> => {
    project.write({ 'package.json': manifest('node server.mjs'), 'server.mjs': server('one'), ...files });
    run = await DevRun.start(project.folder, ['--', 'npm', 'start'], { PORT: String(port), ...env });
    return run;
  };

  beforeEach(async () => {
    port = await freePort();
    project = new DevProjectFolder({});
  });

  afterEach(async () => {
    await run?.end();
    run = undefined;
    project.remove();
  });

  it('gets a resource, an issuer, a folder for its audit log, and an environment that is development', async () => {
    const { application, issuer, audit } = await (await start()).reaches('listening');
    const line = application.output.find(one => one.startsWith('serves'))!;
    expect(JSON.parse(line.replace('serves', ''))).toEqual({
      EIE_ISSUER: issuer,
      EIE_RESOURCE: `http://localhost:${port}/mcp`,
      EIE_AUDIT_DIRECTORY: audit.directory,
      NODE_ENV: 'development',
    });
    expect(audit.directory).toContain(join(project.folder, 'node_modules/.cache/nestjs-eie/audit-'));
    expect(run!.binary.output).toContain(line);
  });

  it('is a client of the local server, which exchanges the token of a user for one of an API', async () => {
    const script = `${server('one')}const { EIE_CLIENT_ID: id, EIE_CLIENT_SECRET: secret } = process.env;
const token = async (form, headers) => (await fetch(EIE_ISSUER + '/token', { method: 'POST', headers, body: new URLSearchParams(form) })).json();
const basic = { authorization: 'Basic ' + Buffer.from(id + ':' + secret).toString('base64') };
process.on('SIGUSR2', async () => {
  const { readFileSync, writeFileSync } = await import('node:fs');
  const type = 'urn:ietf:params:oauth:token-type:access_token';
  const subject = { subject_token: readFileSync('token.txt', 'utf8').trim(), subject_token_type: type };
  const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
  const answer = await token({ grant_type: grant, ...subject, resource: 'http://localhost:4000', scope: 'orders:read' }, basic);
  writeFileSync('exchanged.txt', answer.access_token ?? JSON.stringify(answer));
});
`;
    await (await start({ 'server.mjs': script })).reaches('listening');
    const asked = ['token', '--sub', 'alice', '--scope', 'orders:read'];
    project.write({ 'token.txt': (await new Binary(project.folder, asked).ended()).output });
    process.kill(pids('started.txt')[0]!, 'SIGUSR2');
    const exchanged = (): string => readFileSync(join(project.folder, 'exchanged.txt'), 'utf8');
    await until(() => existsSync(join(project.folder, 'exchanged.txt')) && exchanged().length > 0);
    const claims = JSON.parse(Buffer.from(exchanged().split('.')[1] ?? '', 'base64url').toString() || exchanged());
    expect(claims).toMatchObject({
      ...{ sub: 'alice', aud: 'http://localhost:4000', scope: 'orders:read' },
      act: { sub: 'application' },
    });
  });

  it('is told that it keeps no audit log where the page looks for one', async () => {
    await (await start()).reaches('listening', ({ audit }) => audit.state === 'absent');
  });

  it('takes the resource of .env, and with it the port on which it waits', async () => {
    const dev = await start({ '.env': `EIE_RESOURCE=http://localhost:${port}/api/mcp\n` }, { PORT: undefined });
    expect((await dev.reaches('listening')).application.resource).toBe(`http://localhost:${port}/api/mcp`);
  });

  it('is started again when a source changes, after it has closed', async () => {
    await (await start()).reaches('listening');
    project.write({ 'server.mjs': server('two') });
    await until(async () => (await answer()) === 'two');
    expect(pids('closed.txt')).toEqual(pids('started.txt').slice(0, 1));
    expect((await run!.reaches('listening')).application.exitCode).toBeNull();
  });

  it('is started again when its build changes, where its command runs what somebody else builds', async () => {
    await (
      await start({ 'package.json': manifest('node dist/server.mjs'), 'dist/server.mjs': server('one') })
    ).reaches('listening');
    project.write({ 'dist/server.mjs': server('two') });
    await until(async () => (await answer()) === 'two');
    await run!.reaches('listening');
  });

  it('is not started again by a file that is no source, or that says the same as before', async () => {
    await (await start()).reaches('listening');
    project.write({ 'server.mjs': server('one'), 'notes.txt': 'written', 'dist/built.js': 'built' });
    await new Promise(resolve => setTimeout(resolve, 1_000));
    project.write({ 'other.mjs': 'new' });
    await until(() => pids('started.txt').length === 2);
    await run!.reaches('listening');
    expect(run!.binary.notes.match(/sources have changed/g)).toHaveLength(1);
  });

  it('is left alone by a change where its command watches by itself', async () => {
    const script = 'node --watch --watch-preserve-output server.mjs';
    await (
      await start({ 'package.json': manifest('npm run watched').replace('}}', `,"watched":"${script}"}}`) })
    ).reaches('listening');
    project.write({ 'server.mjs': server('two') });
    await until(async () => (await answer()) === 'two');
    expect(run!.binary.notes).not.toContain('sources have changed');
  });

  it('may crash: page and terminal say it with the last lines, and a change starts it again', async () => {
    const dev = await start({ 'server.mjs': "console.error('no such table');\nprocess.exit(3);\n" });
    const { application } = await dev.reaches('stopped');
    expect(application.exitCode).toBe(3);
    expect(application.output).toContain('no such table');
    await until(() => dev.binary.notes.includes('has stopped with exit code 3'));
    project.write({ 'server.mjs': server('mended') });
    await dev.reaches('listening');
    expect(await answer()).toBe('mended');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends with %s after it has closed, with everything between npm and itself',
    async signal => {
      await (await start()).reaches('listening');
      const [pid] = pids('started.txt');
      await run!.end(signal);
      expect(pids('closed.txt')).toEqual([pid]);
      expect(isAlive(pid!)).toBe(false);
      expect(existsSync(join(project.folder, 'node_modules/.cache/nestjs-eie/dev.json'))).toBe(false);
      expect(await answer()).toBe('');
    },
  );

  it('hands its exit code on', async () => {
    project.write({ 'server.mjs': server('one') });
    project.write({ 'package.json': manifest('') });
    run = await DevRun.start(project.folder, ['--', 'exec', 'node', 'server.mjs'], { PORT: String(port) });
    await run.reaches('listening');
    expect(await run.end()).toBe(7);
  });

  it('is ended at once by a second signal', async () => {
    const stubborn = `${server('one')}process.removeAllListeners('SIGTERM').on('SIGTERM', () => console.log('not yet'));\n`;
    await (await start({ 'server.mjs': stubborn })).reaches('listening');
    run!.binary.signal('SIGINT');
    await until(() => run!.binary.output.includes('not yet'));
    const since = performance.now();
    await run!.end();
    expect(isAlive(pids('started.txt')[0]!)).toBe(false);
    // By itself it ends those that are left after ten seconds.
    expect(performance.now() - since).toBeLessThan(8_000);
  });

  it.each(['production', 'staging'])('is not started where NODE_ENV is %s', async NODE_ENV => {
    const { code, notes } = await new Binary(project.folder, ['dev', '--', 'touch', 'started.txt'], {
      NODE_ENV,
    }).ended();
    expect([code, pids('started.txt')]).toEqual([2, []]);
    expect(notes).toContain(`NODE_ENV is "${NODE_ENV}"`);
  });

  it('is one for a project: a second one is refused, and one that was killed leaves the way free', async () => {
    const dev = await start();
    const second = await new Binary(project.folder, ['dev', '--', 'npm', 'start']).ended();
    expect(second.code).toBe(2);
    expect(second.notes).toContain(`runs for this project already`);
    await dev.reaches('listening');
    const [pid] = pids('started.txt');
    await dev.end('SIGKILL');
    process.kill(pid!, 'SIGKILL');
    const token = await new Binary(project.folder, ['token', '--sub', 'alice']).ended();
    expect([token.code, token.output]).toEqual([2, '']);
    expect(token.notes).toContain('was ended from outside');
    await (await start()).reaches('listening');
    expect(run!.binary.notes).toContain('was ended from outside');
  });
});
