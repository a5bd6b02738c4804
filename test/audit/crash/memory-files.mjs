import { Buffer } from 'node:buffer';

const failure = code => Object.assign(new Error(code), { code });

/** Files in memory, as the audit log uses them, that can be copied as a whole and edited. */
export class MemoryFiles {
  #next = 1;
  #folders = new Set();

  /** @param files by path: `{ id, bytes }` */
  constructor(files = new Map()) {
    this.files = files;
  }

  copy() {
    const copied = new MemoryFiles(new Map([...this.files].map(([path, file]) => [path, { ...file }])));
    copied.#next = this.#next;
    copied.#folders = new Set(this.#folders);
    return copied;
  }

  text(path) {
    return this.#file(path).bytes.toString();
  }

  write(path, content) {
    const id = this.files.get(path)?.id ?? `m:${this.#next++}`;
    this.files.set(path, { id, bytes: Buffer.from(content) });
  }

  removeAll(prefix) {
    for (const path of [...this.files.keys()]) if (path.startsWith(prefix)) this.files.delete(path);
  }

  async makeFolder(path) {
    this.#folders.add(path);
  }

  async list(folder) {
    const names = [...this.files.keys()].filter(path => path.startsWith(`${folder}/`));
    return [...new Set(names.map(path => path.slice(folder.length + 1).split('/')[0]))];
  }

  async open(path) {
    if (!this.files.has(path)) this.write(path, '');
    const file = this.#file(path);
    return {
      append: bytes => void (file.bytes = Buffer.concat([file.bytes, bytes])),
      sync: async () => undefined,
      truncate: async size => void (file.bytes = file.bytes.subarray(0, size)),
      state: async () => stateOf(file),
      close: async () => undefined,
    };
  }

  async create(path, bytes) {
    if (this.files.has(path)) throw failure('EEXIST');
    this.write(path, bytes);
  }

  async replace(path, bytes) {
    this.files.delete(path);
    this.write(path, bytes);
  }

  async link(from, to) {
    if (this.files.has(to)) throw failure('EEXIST');
    this.files.set(to, this.#file(from));
  }

  async state(path) {
    return this.stateNow(path);
  }

  stateNow(path) {
    const file = this.files.get(path);
    if (this.#folders.has(path)) return { id: path, size: 0 };
    return file && stateOf(file);
  }

  async read(path, from = 0, length = Infinity) {
    const { bytes } = this.#file(path);
    return bytes.subarray(from, Math.min(bytes.length, from + length));
  }

  async rename(from, to) {
    this.files.set(to, this.#file(from));
    this.files.delete(from);
  }

  async remove(path) {
    this.files.delete(path);
  }

  async syncFolder() {}

  #file(path) {
    const file = this.files.get(path);
    if (!file) throw failure('ENOENT');
    return file;
  }
}

const stateOf = ({ id, bytes }) => ({ id, size: bytes.length });
