import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostureDocument } from 'nestjs-eie';
import { type Ran, runBinary, runCommand } from '../support/command-line.js';
import { postureProblems } from '../support/posture-schema.js';

const FILE = 'test/support/looked-at/application.ts';

describe('nestjs-eie posture', () => {
  let folder: string;
  let committed: string;
  const posture = (name: string, ...args: string[]): Promise<Ran> => runCommand(argsOf(name, args), env());
  const argsOf = (name: string, args: string[]): string[] => ['posture', '--app', `${FILE}#${name}`, ...args];
  const env = () => ({ LOOKED_AT_FOLDER: join(folder, 'log'), LOOKED_AT_CLOSED: join(folder, 'closed') });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eie-posture-'));
    committed = join(folder, 'posture.json');
    expect(await posture('app', '--write', committed)).toMatchObject({ code: 0, output: '' });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes a document of the published schema', () => {
    expect(postureProblems(JSON.parse(readFileSync(committed, 'utf8')))).toEqual([]);
  });

  it('has closed the application that it looked at, and made no audit log', () => {
    expect(readFileSync(join(folder, 'closed'), 'utf8')).toMatch(/^(closed)+$/);
    expect(existsSync(join(folder, 'log'))).toBe(false);
  });

  it('exits with 0 where the posture is the committed one', async () => {
    expect(await posture('app', '--check', committed)).toMatchObject({ code: 0, notes: '' });
  });

  it('is a command of the package, and another process finds the same posture in a module class', async () => {
    expect(await runBinary(argsOf('App', ['--check', committed]), env())).toMatchObject({ code: 0, notes: '' });
  });

  it('exits with 1 where it is wider, and says in one line what is wider and what to do', async () => {
    const { code, output } = await posture('wider', '--check', committed);
    expect(code).toBe(1);
    expect(output).toContain('WIDER: it allows more than before\n');
    expect(output).toContain('  tool refund: no longer requires scope orders:refund\n');
    expect(output).toContain('NARROWER: it allows less\n  tool refund: requires scope orders:read now\n');
    expect(output).toContain('--write');
  });

  it('exits with 1 where the application would not start, and says why', async () => {
    const { code, notes } = await posture('unsafe', '--check', committed);
    expect(code).toBe(1);
    expect(notes).toContain('Undecided.refund has no identity policy');
    expect(await posture('failing', '--check', committed)).toMatchObject({
      code: 1,
      notes: expect.stringContaining('The application does not start. TypeError: '),
    });
  });

  it('takes an application as a function makes it, with its adapter and its prefix', async () => {
    const { code, output } = await posture('onFastify', '--json');
    const { handlers, unproven } = JSON.parse(output) as PostureDocument;
    expect(code).toBe(0);
    expect(handlers.flatMap(({ routes }) => routes)).toContain('GET /api/health');
    expect(unproven.map(({ what }) => what)).toContain('own-fastify-instance');
  });

  it('exits with 2 for an application that is not there, and names what is', async () => {
    const { code, notes } = await posture('missing');
    expect(code).toBe(2);
    expect(notes).toMatch(/exports no "missing"\. It exports: .*app/);
  });

  describe('reads a committed file that is not what it should be:', () => {
    const reference = JSON.parse(readFileSync('src/mcp-server/posture.json', 'utf8')) as PostureDocument;
    const check = async (text: string): Promise<Ran> => {
      const file = join(folder, 'changed.json');
      writeFileSync(file, text);
      return posture('app', '--check', file);
    };
    /** Says what is wrong in one sentence, and what to do, before it looks at the application. */
    const isRefused = ({ code, output, notes }: Ran): boolean =>
      code === 2 &&
      output === '' &&
      /^\S+changed\.json is no posture that this version can compare: [^\n]+\. Write it anew with --write \S+changed\.json, /.test(
        notes,
      );

    it.each(['', '{', 'null', '7', '[]', '{}', '{"schema":"urn:nestjs-eie:posture:2"}'])('%j', async text => {
      expect(isRefused(await check(text))).toBe(true);
    });

    it('without a member of a handler', async () => {
      const [handler] = reference.handlers;
      const handlers = [{ ...handler, routes: undefined }];
      const ran = await check(JSON.stringify({ ...reference, handlers }));
      expect(isRefused(ran)).toBe(true);
      expect(ran.notes).toContain('handlers[0].routes is missing');
    });

    it('with what a newer version has added', async () => {
      expect((await check(JSON.stringify({ ...reference, consents: [] }))).notes).toContain(
        'consents is unknown to this version',
      );
    });
  });
});
