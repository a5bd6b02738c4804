/** What identifies a file while names come and go, and its length in bytes. */
export interface FileState {
  readonly id: string;
  readonly size: number;
}

/** A file that is open for appending. */
export interface AuditFile {
  /** All bytes are with the operating system: they survive this process. Where it throws, any part of them may be written. */
  append(bytes: Uint8Array): void;
  /** Resolves when every byte written so far, and the length of the file, survive a loss of power (`fdatasync`). */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  state(): Promise<FileState>;
  close(): Promise<void>;
}

/**
 * The file system as the audit log uses it, so that a loss of power can be modelled. Files are made with mode 0600, folders with 0700.
 * Every error is a Node error with its `code`.
 */
export interface AuditFiles {
  /** Makes the folder and those above it. Resolves when their names survive a loss of power. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder; none where it does not exist. */
  list(path: string): Promise<string[]>;
  /** Opens for appending, and makes the file where there is none. */
  open(path: string): Promise<AuditFile>;
  /** Makes a file with this content, at once and only if there is none: rejects with `EEXIST`. */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives a file this content, and makes it where there is none: under its name there is the old content or the new one at every moment. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** A second name for a file. Rejects with `EEXIST`. */
  link(from: string, to: string): Promise<void>;
  /** `undefined` where there is no such file. */
  state(path: string): Promise<FileState | undefined>;
  /** The same without waiting, for what the system has in its memory: a file that was written a moment ago. */
  stateNow(path: string): FileState | undefined;
  /** The bytes from `from` on, at most `length` of them; fewer at the end of the file. */
  read(path: string, from?: number, length?: number): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Resolves when the names in the folder survive a loss of power. */
  syncFolder(path: string): Promise<void>;
}
