import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from 'execution-identity/internal/cli';
import { type DevProject } from './dev-project.js';
import { newSecret, removeSession, runningSession, writeSession } from './session-file.js';

describe('the file by which token finds dev', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eie-session-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('stays that of the first of two that start at the same time, until the first one ends', () => {
    const project: DevProject = { folder, cache: join(folder, 'cache'), resource: '', scripts: {}, env: {} };
    const [first, second] = [newSecret(), newSecret()];
    const session = { pid: process.pid, url: 'http://127.0.0.1:3433', secret: first };
    writeSession(project, session);
    expect(() => writeSession(project, { ...session, secret: second })).toThrow(UsageError);
    removeSession(project, second);
    expect(runningSession(project)).toEqual(session);
    removeSession(project, first);
    expect(() => runningSession(project)).toThrow('does not run');
  });
});
