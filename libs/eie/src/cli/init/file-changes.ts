import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One file as it is and as it will be. */
export interface FileChange {
  /** Its full path. */
  readonly file: string;
  /** Nothing where the file is new. */
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * Writes all changes or none: each text is complete on disk before the first file is replaced, and what was replaced is put back where one cannot be.
 *
 * @returns why nothing was written; nothing where all was
 */
export function writeChanges(changes: readonly FileChange[]): string | undefined {
  for (const { file, before } of changes) {
    const now = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (now !== before) return `${file} has changed meanwhile. Run the command again.`;
  }
  const folders: string[] = [];
  const replaced: FileChange[] = [];
  try {
    for (const { file, after } of changes) {
      const made = mkdirSync(dirname(file), { recursive: true });
      if (made !== undefined) folders.push(made);
      writeFileSync(beside(file), after);
    }
    for (const change of changes) {
      renameSync(beside(change.file), change.file);
      replaced.push(change);
    }
    return undefined;
  } catch (error) {
    for (const { file } of changes) if (existsSync(beside(file))) rmSync(beside(file));
    for (const { file, before } of replaced)
      if (before === undefined) rmSync(file);
      else writeFileSync(file, before);
    for (const folder of folders.reverse()) rmSync(folder, { recursive: true });
    return (error as Error).message;
  }
}

const beside = (file: string): string => `${file}.nestjs-eie-${process.pid}`;
