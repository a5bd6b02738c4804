import { base64, type Bytes, concat, equal, fromBase64, sha256, utf8 } from './bytes.js';

/** How a key signs: a log signs the text of a note, a witness the text and the time at which it has seen it. */
export type KeyKind = 'log' | 'witness';

const TYPES: Record<KeyKind, number> = { log: 0x01, witness: 0x04 };
const KEY_LENGTH = 32;
const HASH_LENGTH = 4;
/** Longer than any host name with a path that somebody would print. */
const MAX_NAME = 255;

/** A public Ed25519 key with the name of who signs by it. */
export interface VerifierKey {
  readonly name: string;
  readonly kind: KeyKind;
  /** The first four bytes of a hash over name, type and key: signature lines name their key by it. */
  readonly hash: Bytes;
  readonly publicKey: Bytes;
}

export async function verifierKey(name: string, kind: KeyKind, publicKey: Uint8Array): Promise<VerifierKey> {
  const hash = await sha256(utf8(`${name}\n`), Uint8Array.of(TYPES[kind]), publicKey);
  return { name, kind, publicKey: concat(publicKey), hash: hash.slice(0, HASH_LENGTH) };
}

/** As C2SP signed-note writes it: `<name>+<hash>+<base64 of type and key>`. */
export function formatVerifierKey({ name, kind, hash, publicKey }: VerifierKey): string {
  const hex = [...hash].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return `${name}+${hex}+${base64(concat(Uint8Array.of(TYPES[kind]), publicKey))}`;
}

/** @returns `undefined` for what is no such key, and for a key whose hash is not its own */
export async function parseVerifierKey(text: string): Promise<VerifierKey | undefined> {
  const [, name, hex, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,60})$/u.exec(text) ?? [];
  const typed = encoded === undefined ? undefined : fromBase64(encoded);
  if (!name || name.length > MAX_NAME || typed?.length !== KEY_LENGTH + 1) return undefined;
  const kind = (Object.keys(TYPES) as KeyKind[]).find(one => TYPES[one] === typed[0]);
  if (!kind) return undefined;
  const key = await verifierKey(name, kind, typed.slice(1));
  return formatVerifierKey(key).split('+')[1] === hex && equal(key.publicKey, typed.slice(1)) ? key : undefined;
}

export async function verifySignature(key: VerifierKey, message: Bytes, signature: Bytes): Promise<boolean> {
  const imported = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, signature, message);
}
