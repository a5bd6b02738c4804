import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from './node-files.js';

const BYTES = Buffer.from('a record\n');

describe('a file of the machine', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eie-files-'));
    path = join(folder, 'file');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has what was appended at once, and its state says so', async () => {
    const file = await nodeFiles.open(path);
    file.append(BYTES);
    file.append(BYTES);
    expect(readFileSync(path)).toEqual(Buffer.concat([BYTES, BYTES]));
    expect(nodeFiles.stateNow(path)).toEqual(await nodeFiles.state(path));
    await file.close();
  });

  it('asks the device with each sync', async () => {
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
      const file = await nodeFiles.open(path);
      file.append(BYTES);
      await file.sync();
      expect(synced).toBe(BYTES.length);
      await file.close();
    } finally {
      handles.datasync = datasync;
    }
  });

  it('that is not there has no state', () => {
    expect(nodeFiles.stateNow(path)).toBeUndefined();
  });
});
