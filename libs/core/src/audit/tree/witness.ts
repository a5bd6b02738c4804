import { parseNote, signatureLine, timedSignature, witnessMessage } from '../proof/note.js';
import { formatVerifierKey, type KeyKind, verifierKey } from '../proof/verifier-key.js';
import { type CheckpointSigner } from './checkpoint-key.js';

/**
 * The signature line of a witness for a checkpoint: C2SP tlog-cosignature. It does NOT check that the checkpoint continues the last one that the
 * witness has seen (`isConsistent` does): a witness that signs anything is none.
 *
 * @param time seconds since the epoch
 * @throws TypeError for what is no signed checkpoint
 * @example publish: note => cosign(note, { name: 'witness.example', signer, time: Math.floor(Date.now() / 1000) })
 */
export async function cosign(
  checkpoint: string,
  { name, signer, time }: { name: string; signer: CheckpointSigner; time: number },
): Promise<string> {
  const note = parseNote(checkpoint);
  if (!note) throw new TypeError('This is no signed checkpoint.');
  const signature = await signer.sign(witnessMessage(note.text, time));
  return signatureLine(await verifierKey(name, 'witness', signer.publicKey), timedSignature(time, signature));
}

/** A public key as C2SP signed-note writes it: what readers of receipts are given. @param publicKey the 32 bytes of RFC 8032 */
export async function verifierKeyText(name: string, kind: KeyKind, publicKey: Uint8Array): Promise<string> {
  return formatVerifierKey(await verifierKey(name, kind, publicKey));
}
