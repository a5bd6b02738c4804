import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { parseVerifierKey, type VerifierKey } from '../proof/verifier-key.js';
import { PUBLIC_KEY } from '../tree/checkpoint-key.js';

/** The key that checkpoints are verified by: one that the reader has, else the one in the folder. @throws TypeError for a key that is none */
export async function keyOf(
  files: AuditFiles,
  folder: string,
  given: string | undefined,
): Promise<{ key: VerifierKey; isTrusted: boolean } | undefined> {
  if (given !== undefined) {
    const key = await parseVerifierKey(given.trim());
    if (key?.kind !== 'log')
      throw new TypeError(
        'The key is no key of a log: give the content of its checkpoint.pub, which is written <name>+<hash>+<key>.',
      );
    return { key, isTrusted: true };
  }
  const path = join(folder, PUBLIC_KEY);
  if (!(await files.state(path))) return undefined;
  const key = await parseVerifierKey(
    Buffer.from(await files.read(path))
      .toString()
      .trim(),
  );
  return key?.kind === 'log' ? { key, isTrusted: false } : undefined;
}

/** @throws TypeError for a key that is none */
export async function readWitness(text: string): Promise<VerifierKey> {
  const key = await parseVerifierKey(text.trim());
  if (key?.kind !== 'witness') throw new TypeError('A witness key is none: it is written <name>+<hash>+<key>.');
  return key;
}
