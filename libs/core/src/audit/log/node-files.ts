import { randomUUID } from 'node:crypto';
import { type Stats, statSync, writeSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AuditFile, type AuditFiles, type FileState } from './audit-files.js';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The file system of this machine. */
export const nodeFiles: AuditFiles = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    for (let made = resolve(path); made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  },
  list: path => readdir(path).catch(ifMissing<string[]>([])),
  async open(path) {
    return new NodeFile(await open(path, 'a', FILE_MODE));
  },
  async create(path, bytes) {
    const draft = `${path}.${randomUUID()}`;
    try {
      await writeWhole(draft, bytes, 'wx');
      await link(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  },
  async replace(path, bytes) {
    await writeWhole(`${path}.new`, bytes, 'w');
    await rename(`${path}.new`, path);
  },
  link,
  state: path => stat(path).then(stateOf).catch(ifMissing<FileState | undefined>(undefined)),
  stateNow(path) {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && stateOf(stats);
  },
  async read(path, from = 0, length = Infinity) {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      return await readPart(file, from, Math.max(0, Math.min(length, size - from)));
    } finally {
      await file.close();
    }
  },
  rename,
  remove: path => rm(path, { force: true }),
  syncFolder,
};

/** Windows opens no folders; there, names are written with the file. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  if (!folder) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

class NodeFile implements AuditFile {
  constructor(private readonly file: FileHandle) {}

  append(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;)
      written += writeSync(this.file.fd, bytes, written, bytes.length - written);
  }

  sync(): Promise<void> {
    return this.file.datasync();
  }

  truncate(size: number): Promise<void> {
    return this.file.truncate(size);
  }

  async state(): Promise<FileState> {
    return stateOf(await this.file.stat());
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

const stateOf = ({ dev, ino, size }: Stats): FileState => ({ id: `${dev}:${ino}`, size });

function ifMissing<T>(value: T): (error: unknown) => T {
  return error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value;
    throw error;
  };
}

async function writeWhole(path: string, bytes: Uint8Array, flag: 'w' | 'wx'): Promise<void> {
  const file = await open(path, flag, FILE_MODE);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readPart(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (!bytesRead) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
