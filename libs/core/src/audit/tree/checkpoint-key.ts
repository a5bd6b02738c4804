import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { formatCheckpoint, type Checkpoint } from '../proof/checkpoint.js';
import { signatureLine } from '../proof/note.js';
import { verifierKey, type VerifierKey } from '../proof/verifier-key.js';
import { newKeyPair } from '../../key-pair.js';

/** A private Ed25519 key that signs checkpoints: in this process, or in a key service. */
export interface CheckpointSigner {
  /** The 32 bytes of the public key: RFC 8032. */
  readonly publicKey: Uint8Array;
  /** @returns the 64 bytes of the signature: RFC 8032 */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const NAME = 'checkpoint.key';
/** Bytes, at the end of its SPKI: RFC 8410 §4. */
const PUBLIC_KEY_LENGTH = 32;

/** @throws TypeError for a key that is not Ed25519 */
export function checkpointSigner(key: KeyObject): CheckpointSigner {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('Checkpoints are signed by an Ed25519 key.');
  // Not as a JWK: Node 20 may block for ever when that is made of a key while the job that has generated it is collected as garbage.
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    publicKey: spki.subarray(-PUBLIC_KEY_LENGTH),
    sign: bytes => Promise.resolve(sign(null, bytes, key)),
  };
}

/**
 * The key in the folder of a log; it is made where there is none. Whoever can read the folder can sign by it, so it proves nothing against them.
 *
 * @throws AuditLogError `audit_log_changed` when the file holds no such key
 */
export async function ownCheckpointSigner(files: AuditFiles, folder: string): Promise<CheckpointSigner> {
  const path = join(folder, NAME);
  if (!(await files.state(path))) {
    if (await files.state(join(folder, PUBLIC_KEY)))
      throw new AuditLogError(
        'changed',
        `${path} is gone: this log has had a key. Put it back; or keep the folder as it is, its old checkpoints stay valid, and give audit.instance another name: a new log begins there.`,
      );
    const { privateKey } = newKeyPair('ed25519');
    await files.create(path, Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' })));
    await files.syncFolder(folder);
  }
  try {
    return checkpointSigner(createPrivateKey(Buffer.from(await files.read(path))));
  } catch {
    throw new AuditLogError(
      'changed',
      `${path} holds no Ed25519 key. Restore it; with a new key, receipts name a new key too.`,
    );
  }
}

/** A signed note: C2SP tlog-checkpoint. */
export async function signCheckpoint(checkpoint: Checkpoint, signer: CheckpointSigner): Promise<string> {
  const text = formatCheckpoint(checkpoint);
  const key = await verifierKey(checkpoint.origin, 'log', signer.publicKey);
  return `${text}\n${signatureLine(key, await signer.sign(Buffer.from(text)))}`;
}

export const keyOfLog = (origin: string, { publicKey }: CheckpointSigner): Promise<VerifierKey> =>
  verifierKey(origin, 'log', publicKey);

/** For whoever verifies the log: C2SP signed-note. */
export const PUBLIC_KEY = 'checkpoint.pub';

export async function writePublicKey(files: AuditFiles, folder: string, key: string): Promise<void> {
  const path = join(folder, PUBLIC_KEY);
  const text = `${key}\n`;
  const isThere = (await files.state(path)) && Buffer.from(await files.read(path)).toString() === text;
  if (!isThere) await files.replace(path, Buffer.from(text));
}
