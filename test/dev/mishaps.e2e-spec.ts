import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';
import { DevProjectFolder, DevRun, isAlive } from './dev-run.js';

const IDLE = 'console.log("idles");\nsetInterval(() => undefined, 1000);\n';
/** Prints while it closes, as an application with a log does. */
const CLOSING = `import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => {
  console.error('closing');
  setTimeout(() => { writeFileSync('closed.txt', ''); process.exit(); }, 500);
});
writeFileSync('started.txt', String(process.pid));
setInterval(() => console.error('works'), 50);
`;

describe('nestjs-eie dev, where something has gone wrong before or goes wrong meanwhile', () => {
  let project: DevProjectFolder;
  let run: DevRun | undefined;
  let session: string;

  beforeEach(() => {
    project = new DevProjectFolder({ 'package.json': '{"name":"shop","type":"module"}', 'idle.mjs': IDLE });
    session = join(project.folder, 'node_modules/.cache/nestjs-eie/dev.json');
    mkdirSync(dirname(session), { recursive: true });
  });

  afterEach(async () => {
    await run?.end();
    run = undefined;
    project.remove();
  });

  const start = async (file = 'idle.mjs'): Promise<DevRun> =>
    (run = await DevRun.start(project.folder, ['--', 'node', file], { PORT: String(await freePort()) }));
  const changes = (): number => run!.binary.notes.match(/sources have changed/g)?.length ?? 0;

  it.each(['', '{"pid":', 'null'])(
    'starts beside a file of its last run that was not written to its end: "%s"',
    async text => {
      writeFileSync(session, text);
      await start();
      expect(run!.binary.notes).toContain('was ended from outside');
      expect(JSON.parse(readFileSync(session, 'utf8'))).toMatchObject({ url: run!.url });
    },
  );

  it('starts where another process has the number of one that was killed', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    writeFileSync(session, JSON.stringify({ pid: process.pid, url, secret: 'old' }));
    await start();
    expect(run!.binary.notes).toContain('was ended from outside');
  });

  it('sees the changes of a folder that was removed and made anew', async () => {
    project.write({ 'src/orders/list.ts': '1' });
    await start();
    await until(() => run!.binary.output.includes('idles'));
    rmSync(join(project.folder, 'src/orders'), { recursive: true });
    await until(() => changes() === 1);
    project.write({ 'src/orders/list.ts': '2' });
    await until(() => changes() === 2);
    project.write({ 'src/orders/list.ts': 'three' });
    await until(() => changes() === 3);
  });

  it('lets the application close where nobody reads any more what is printed', async () => {
    project.write({ 'closing.mjs': CLOSING });
    await start('closing.mjs');
    const file = (name: string): string => join(project.folder, name);
    await until(() => existsSync(file('started.txt')) && readFileSync(file('started.txt'), 'utf8') !== '');
    const pid = Number(readFileSync(file('started.txt'), 'utf8'));
    run!.binary.readNoMore();
    await run!.binary.ended();
    expect([existsSync(file('closed.txt')), existsSync(session), isAlive(pid)]).toEqual([true, false, false]);
  });
});
