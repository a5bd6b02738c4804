import { base64, type Bytes, concat, equal, fromBase64, utf8 } from './bytes.js';
import { type VerifierKey, verifySignature } from './verifier-key.js';

const MAX_LENGTH = 1_000_000;
const MAX_SIGNATURES = 100;
const SIGNATURE_LENGTH = 64;
const TIME_LENGTH = 8;
const HASH_LENGTH = 4;
/** Seconds since the epoch: the end of year 9999. */
const LAST_TIME = 253_402_300_799;
const LINE = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/u;
/** What a note may not hold: everything below a space but the line feed. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/; // eslint-disable-line no-control-regex

/** A text with signatures below it: C2SP signed-note. */
export interface SignedNote {
  /** With the line feed at its end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  readonly keyHash: Bytes;
  /** Of a witness, the time comes first. */
  readonly signature: Bytes;
}

/** @returns `undefined` for what is no signed note. It does NOT check any signature. */
export function parseNote(note: string): SignedNote | undefined {
  if (note.length > MAX_LENGTH || CONTROL.test(note) || !note.endsWith('\n')) return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return undefined;
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return undefined;
  const signatures = lines.map(parseLine);
  return signatures.every(one => one !== undefined) ? { text: note.slice(0, end + 1), signatures } : undefined;
}

function parseLine(line: string): NoteSignature | undefined {
  const [, name, encoded] = LINE.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (!name || !bytes || bytes.length <= HASH_LENGTH) return undefined;
  return { name, keyHash: bytes.slice(0, HASH_LENGTH), signature: bytes.slice(HASH_LENGTH) };
}

/** One line under a note, with its line feed. */
export const signatureLine = ({ name, hash }: Pick<VerifierKey, 'name' | 'hash'>, signature: Uint8Array): string =>
  `— ${name} ${base64(concat(hash, signature))}\n`;

/** What a key has to say of a note: nothing, or its signature, which is right or wrong. */
export type Signed =
  { readonly by: 'nobody' } | { readonly by: 'key'; readonly time?: number } | { readonly by: 'forger' };

/**
 * Checks the signatures of one key; those of others are not looked at. A wrong one is `forger`, whatever else there is.
 *
 * @returns with `time` of a witness: when it has seen the note, seconds since the epoch
 */
export async function signedBy(note: SignedNote, key: VerifierKey): Promise<Signed> {
  let found: Signed = { by: 'nobody' };
  for (const { name, keyHash, signature } of note.signatures) {
    if (name !== key.name || !equal(keyHash, key.hash)) continue;
    const time = key.kind === 'witness' ? timeIn(signature) : undefined;
    if (time !== undefined && time > LAST_TIME) return { by: 'forger' };
    const bytes = key.kind === 'witness' ? signature.slice(TIME_LENGTH) : signature;
    const message = key.kind === 'witness' ? witnessMessage(note.text, time ?? 0) : utf8(note.text);
    if (bytes.length !== SIGNATURE_LENGTH || !(await verifySignature(key, message, bytes))) return { by: 'forger' };
    found = time === undefined ? { by: 'key' } : { by: 'key', time };
  }
  return found;
}

/** What a witness signs: C2SP tlog-cosignature. @param time seconds since the epoch */
export const witnessMessage = (text: string, time: number): Bytes => utf8(`cosignature/v1\ntime ${time}\n${text}`);

/** The bytes of a witness's signature line behind the key hash. @param time seconds since the epoch */
export function timedSignature(time: number, signature: Uint8Array): Bytes {
  const bytes = new Uint8Array(TIME_LENGTH);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  return concat(bytes, signature);
}

const timeIn = (signature: Bytes): number =>
  signature.length < TIME_LENGTH ? 0 : Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
