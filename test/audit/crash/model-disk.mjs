import { Buffer } from 'node:buffer';
import { dirname, basename } from 'node:path';

const PAGES = [512, 4096];

const failure = code => Object.assign(new Error(code), { code });

/**
 * A disk that can lose its power. Of what was not synced, a loss of power keeps what it likes: nothing, all, the first writes with a
 * torn last one, single pages with zeros between them, or a length without content. Of names that no `syncFolder` has confirmed it keeps
 * any. It is an `AuditFiles`; folders are durable when they are made, as that interface says.
 */
export class ModelDisk {
  #random;
  #folders = new Map();
  #nextId = 1;
  #operationsLeft = Infinity;
  #faults = { full: 0, broken: 0 };
  isOn = true;

  constructor(random) {
    this.#random = random;
  }

  /** The power goes with the operation after so many others. */
  cutAfter(operations) {
    this.#operationsLeft = operations;
  }

  /** How often a write finds the disk full in its middle, and a sync is not confirmed: shares of 1. */
  fail({ full = 0, broken = 0 }) {
    this.#faults = { full, broken };
  }

  /** The power comes back: what is there is what was kept. Where the process alone has ended, everything is there, and still not durable. */
  restart({ hadPower = false } = {}) {
    if (!hadPower) this.#lose();
    this.isOn = true;
    this.#operationsLeft = Infinity;
    this.#faults = { full: 0, broken: 0 };
  }

  #lose() {
    for (const folder of this.#folders.values()) folder.lose(this.#random);
    const files = new Set([...this.#folders.values()].flatMap(folder => [...folder.now.values()]));
    for (const file of files) file.lose(this.#random);
  }

  // What follows is the interface of the audit log.

  async makeFolder(path) {
    this.#operate();
    for (let at = path; !this.#folders.has(at) && at !== '/'; at = dirname(at)) this.#folders.set(at, new Folder());
  }

  async list(path) {
    this.#operate();
    return [...(this.#folders.get(path)?.now.keys() ?? [])];
  }

  async open(path) {
    this.#operate();
    let file = this.#at(path);
    if (!file) {
      file = new File(this.#nextId++);
      this.#folder(path).change([[basename(path), file]]);
    }
    return {
      append: bytes => this.#append(file, bytes),
      sync: async () => this.#sync(file),
      truncate: async size => {
        this.#operate();
        file.truncate(size);
      },
      state: async () => {
        this.#operate();
        return file.state;
      },
      close: async () => undefined,
    };
  }

  async create(path, bytes) {
    this.#operate();
    if (this.#at(path)) throw failure('EEXIST');
    const file = new File(this.#nextId++);
    file.append(bytes);
    file.sync();
    this.#folder(path).change([[basename(path), file]]);
  }

  async replace(path, bytes) {
    this.#operate();
    const file = new File(this.#nextId++);
    file.append(bytes);
    file.sync();
    this.#folder(path).change([[basename(path), file]]);
  }

  async link(from, to) {
    this.#operate();
    if (this.#at(to)) throw failure('EEXIST');
    this.#folder(to).change([[basename(to), this.#existing(from)]]);
  }

  async state(path) {
    return this.stateNow(path);
  }

  stateNow(path) {
    this.#operate();
    return this.#at(path)?.state;
  }

  async read(path, from = 0, length = Infinity) {
    this.#operate();
    const { now } = this.#existing(path);
    return Buffer.from(now.subarray(from, Math.min(now.length, from + length)));
  }

  /** Within one folder, as the audit log does: both names change together. */
  async rename(from, to) {
    this.#operate();
    const file = this.#existing(from);
    this.#folder(to).change([
      [basename(to), file],
      [basename(from), undefined],
    ]);
  }

  async remove(path) {
    this.#operate();
    if (this.#at(path)) this.#folder(path).change([[basename(path), undefined]]);
  }

  async syncFolder(path) {
    const isCut = this.#isCut();
    if (!isCut || this.#random() < 0.5) this.#folders.get(path)?.sync();
    this.#operate(isCut);
  }

  #append(file, bytes) {
    const isCut = this.#isCut();
    const isFull = this.isOn && this.#random() < this.#faults.full;
    if (this.isOn) file.append(isCut || isFull ? bytes.subarray(0, Math.floor(this.#random() * bytes.length)) : bytes);
    this.#operate(isCut);
    if (isFull) throw failure('ENOSPC');
  }

  /** After an error the kernel may call pages clean that it has never written. */
  #sync(file) {
    const isCut = this.#isCut();
    const isBroken = this.isOn && this.#random() < this.#faults.broken;
    if (isBroken) file.forget(this.#random);
    else if (this.isOn && (!isCut || this.#random() < 0.5)) file.sync();
    this.#operate(isCut);
    if (isBroken) throw failure('EIO');
  }

  #isCut() {
    return this.isOn && --this.#operationsLeft < 0;
  }

  #operate(isCut = this.#isCut()) {
    if (isCut) this.isOn = false;
    if (!this.isOn) throw failure('EPOWER');
  }

  #folder(path) {
    const folder = this.#folders.get(dirname(path));
    if (!folder) throw failure('ENOENT');
    return folder;
  }

  #at(path) {
    return this.#folders.get(dirname(path))?.now.get(basename(path));
  }

  #existing(path) {
    const file = this.#at(path);
    if (!file) throw failure('ENOENT');
    return file;
  }
}

/** The interface of the audit log, without `open`. */
const NAMES = [
  'makeFolder',
  'list',
  'create',
  'replace',
  'link',
  'state',
  'stateNow',
  'read',
  'rename',
  'remove',
  'syncFolder',
];

/** The same disk, with another way to open files. */
export const withOpen = (disk, open) => ({
  ...Object.fromEntries(NAMES.map(name => [name, (...given) => disk[name](...given)])),
  open,
});

/** An open file, with other functions in place of some of its own. */
export const withFunctions = (file, others) => ({
  ...Object.fromEntries(Object.entries(file).map(([name, run]) => [name, (...given) => run(...given)])),
  ...others,
});

/** The disk as one process has it: once that has ended, it does nothing more to it. */
export class ProcessOnDisk {
  #isAlive = true;

  constructor(disk) {
    const files = withOpen(disk, async path => this.#whileAlive(await disk.open(path)));
    this.files = this.#whileAlive(files);
  }

  end() {
    this.#isAlive = false;
  }

  #whileAlive(functions) {
    const guarded =
      run =>
      (...given) => {
        if (!this.#isAlive) throw failure('EPOWER');
        return run(...given);
      };
    return Object.fromEntries(Object.entries(functions).map(([name, run]) => [name, guarded(run)]));
  }
}

class Folder {
  now = new Map();
  #durable = new Map();
  #pending = [];

  /** @param changes that come together: `[name, file]`, without a file for a name that goes */
  change(changes) {
    apply(this.now, changes);
    this.#pending.push(changes);
  }

  sync() {
    this.#durable = new Map(this.now);
    this.#pending = [];
  }

  lose(random) {
    const share = [0, 1, random()][Math.floor(random() * 3)];
    for (const changes of this.#pending) if (random() < share) apply(this.#durable, changes);
    this.now = new Map(this.#durable);
    this.#pending = [];
  }
}

function apply(names, changes) {
  for (const [name, file] of changes) {
    if (file) names.set(name, file);
    else names.delete(name);
  }
}

class File {
  now = Buffer.alloc(0);
  #durable = Buffer.alloc(0);
  #pending = [];

  constructor(id) {
    this.id = `1:${id}`;
  }

  get state() {
    return { id: this.id, size: this.now.length };
  }

  append(bytes) {
    this.#pending.push({ at: this.now.length, bytes: Buffer.from(bytes) });
    this.now = Buffer.concat([this.now, bytes]);
  }

  truncate(size) {
    this.#pending.push({ size });
    this.now = resized(this.now, size);
  }

  sync() {
    this.#durable = this.now;
    this.#pending = [];
  }

  /** What was not written counts as written. */
  forget(random) {
    this.lose(random, true);
  }

  lose(random, keepsView = false) {
    const how = Math.floor(random() * 5);
    const kept =
      how === 0 ? [] : how === 2 ? this.#pending.slice(0, Math.ceil(random() * this.#pending.length)) : this.#pending;
    let bytes = this.#durable;
    for (const [i, { at, bytes: written, size }] of kept.entries()) {
      if (size !== undefined) bytes = how === 1 || random() < 0.5 ? resized(bytes, size) : bytes;
      else if (how === 3 || how === 4) bytes = paged(bytes, at, written, how === 3 ? random : () => 1);
      else
        bytes = placed(
          bytes,
          at,
          how === 2 && i === kept.length - 1
            ? written.subarray(0, Math.floor(random() * (written.length + 1)))
            : written,
        );
    }
    this.#durable = bytes;
    this.#pending = [];
    if (!keepsView) this.now = bytes;
  }
}

function resized(bytes, size) {
  const changed = Buffer.alloc(size);
  bytes.copy(changed, 0, 0, Math.min(size, bytes.length));
  return changed;
}

function placed(bytes, at, written) {
  const changed = resized(bytes, Math.max(bytes.length, at + written.length));
  written.copy(changed, at);
  return changed;
}

/** Some of the pages of a write, in a file that has its full length. */
function paged(bytes, at, written, random) {
  const page = PAGES[Math.floor(random() * PAGES.length)] ?? PAGES[0];
  const changed = resized(bytes, Math.max(bytes.length, at + written.length));
  for (let begin = 0; begin < written.length; begin += page)
    if (random() < 0.5) written.copy(changed, at + begin, begin, begin + page);
  return changed;
}
