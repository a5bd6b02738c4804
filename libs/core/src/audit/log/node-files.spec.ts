import { constants, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from './node-files.js';

const BYTES = Buffer.from('a record\n');
const onLinux = process.platform === 'linux' ? it : it.skip;
const { platform } = process;

/** With which flags this process has a file open: proc_pid_fdinfo(5). */
function flagsOf(path: string): number {
  const number = readdirSync('/proc/self/fd').find(fd => linkOf(fd) === path);
  return parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))![1]!, 8);
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

describe('a file of the machine', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eie-files-'));
    path = join(folder, 'file');
  });
  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: platform });
    rmSync(folder, { recursive: true });
  });

  onLinux.each([
    [true, constants.O_DSYNC],
    [false, 0],
  ])('that is durable (%s) has the system confirm each write by itself', async (isDurable, flag) => {
    const file = await nodeFiles.open(path, isDurable);
    await file.append(BYTES);
    expect(flagsOf(path) & constants.O_DSYNC).toBe(flag);
    expect(nodeFiles.stateNow(path)).toEqual(await nodeFiles.state(path));
    expect(readFileSync(path)).toEqual(BYTES);
    await file.close();
  });

  it.each([true, false])(
    'that is durable (%s) is synced after each write where the system has no such flag',
    async isDurable => {
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      const handle = await open(path, 'a');
      const handles = Object.getPrototypeOf(handle) as FileHandle;
      await handle.close();
      const { datasync } = handles;
      let synced = 0;
      handles.datasync = async function (this: FileHandle) {
        await datasync.call(this);
        synced += nodeFiles.stateNow(path)!.size;
      };
      try {
        const file = await nodeFiles.open(path, isDurable);
        await file.append(BYTES);
        expect(synced).toBe(isDurable ? BYTES.length : 0);
        await file.close();
      } finally {
        handles.datasync = datasync;
      }
    },
  );

  it('that is not there has no state', () => {
    expect(nodeFiles.stateNow(path)).toBeUndefined();
  });
});
