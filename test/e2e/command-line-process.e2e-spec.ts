import { execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBinary } from '../support/command-line.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BINARY = ['--import', './test/support/typescript-loader.mjs', 'libs/core/bin/execution-identity.mjs'];

describe('a command line in a process of its own', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'eie-process-'))));
  afterAll(() => rm(folder, { recursive: true }));
  const started = (args: string[], stdio: StdioOptions) =>
    spawn(process.execPath, [...BINARY, ...args], { cwd: root, stdio, env: { ...process.env, NODE_OPTIONS: '' } });

  it('ends with 2, and says so, where its output finds no room on the disk: part of it would pass for all', async () => {
    const full = openSync('/dev/full', 'w');
    const child = started(['audit', '--help'], ['ignore', full, 'pipe']);
    closeSync(full);
    let notes = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (notes += text));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(notes).toBe('The output is not complete: it cannot be written (ENOSPC).\n');
  });

  it('ends at the first Ctrl-C while it reads', async () => {
    const endless = join(folder, 'endless');
    execFileSync('mkfifo', [endless]);
    const child = started(['audit', 'check', endless], 'ignore');
    const ended = once(child, 'exit');
    // The command has opened it too then.
    const writer = await open(endless, 'w');
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    await writer.close();
  });

  it('writes JSON alone, whatever the application prints while it is looked at', async () => {
    const app = 'test/support/looked-at/talkative.ts#Talkative';
    const { code, output, notes } = await runBinary(['posture', '--app', app, '--json'], {});
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ schema: expect.anything() });
    expect(notes).toMatch(/^I am loaded\nI am made\n/);
  });
});
