import { parseStrictJson } from '../../token/strict-json.js';
import { utf8 } from './bytes.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { isIncluded, leafHash } from './merkle-proof.js';
import { parseNote, type Signed, signedBy, type SignedNote } from './note.js';
import { parseTlogProof } from './tlog-proof.js';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from './verifier-key.js';

const MAX_LENGTH = 1_000_000;

/** What a reader of a receipt trusts. */
export interface ReceiptTrust {
  /** Keys of logs, as C2SP signed-note writes them. Default: the key in the receipt, which anybody may have made. */
  readonly logKeys?: readonly string[];
  /** Keys of witnesses, written likewise. */
  readonly witnesses?: readonly string[];
}

/**
 * What a receipt is worth. `witnessed`: a witness that the reader trusts has seen the log with this record in it. `operator`: whoever has the
 * key of the log says so, and nobody else. `false`: something in it is not what it claims to be.
 */
export interface ReceiptVerdict {
  readonly verdict: 'witnessed' | 'operator' | 'false';
  /** Why it is false, in a sentence. */
  readonly reason?: string;
  /** The record, where it can be read: also of a false receipt, and then NOT to be believed. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** The log, and how many records it had at the checkpoint. */
  readonly checkpoint?: Checkpoint;
  /** The key that has signed, and whether the reader has named it. */
  readonly key?: { readonly name: string; readonly text: string; readonly isTrusted: boolean };
  /** The trusted witnesses that have signed, with the time at which they saw the log: seconds since the epoch. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[];
}

/**
 * Checks a receipt: its record, its proof, the signature of the log, and those of the witnesses that the reader trusts. It needs no network and no
 * server. It does NOT tell whether what the record says has happened: only that the log has it, at that place, and cannot deny it.
 *
 * @param receipt the text of the file
 * @throws TypeError for a key in `trust` that is none: the reader's mistake, and no word about the receipt
 * @example const { verdict } = await verifyReceipt(await readFile('receipt-42.json', 'utf8'), { logKeys: [key] });
 */
export async function verifyReceipt(receipt: string, trust: ReceiptTrust = {}): Promise<ReceiptVerdict> {
  const logKeys = await keysOf(trust.logKeys ?? [], 'log');
  const witnesses = await keysOf(trust.witnesses ?? [], 'witness');
  const parts = parseReceipt(receipt);
  if (!parts) return falseBecause('This is no receipt.');
  const record = recordIn(parts.record);
  if (!record) return falseBecause('Its record is no record of an audit log.');
  const isFalse = (reason: string): ReceiptVerdict => ({ ...falseBecause(reason), record });

  const proof = parseTlogProof(parts.proof);
  const note = proof && parseNote(proof.checkpoint);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!checkpoint) return isFalse('Its proof cannot be read.');
  if (proof.index !== record.seq) return isFalse('Its proof is that of another record.');

  const keys = await keysFor(checkpoint, parts.key, logKeys);
  if (!keys[0]) return isFalse('No key of this log is known: neither one that you trust nor one in the receipt.');
  const { key, signed } = await signerAmong(note, keys as [VerifierKey, ...VerifierKey[]]);
  const about = {
    record,
    checkpoint,
    key: { name: key.name, text: formatVerifierKey(key), isTrusted: logKeys.length > 0 },
  };
  if (signed.by !== 'key') return { ...isFalse(WRONG_SIGNATURE[signed.by]), ...about };
  const place = { seq: proof.index, size: checkpoint.size, proof: proof.hashes, root: checkpoint.root };
  if (!(await isIncluded(await leafHash(utf8(parts.record)), place)))
    return {
      ...isFalse('The log does not have this record at this place: it was changed, or it was never there.'),
      ...about,
    };

  const seen = await seenBy(note, witnesses);
  if (!seen) return { ...isFalse('The signature of a witness is wrong.'), ...about };
  return { verdict: seen.length ? 'witnessed' : 'operator', ...about, witnesses: seen };
}

const WRONG_SIGNATURE: Record<Exclude<Signed['by'], 'key'>, string> = {
  nobody: 'The log has not signed its checkpoint by this key.',
  forger: 'The signature of the log is wrong.',
};

const falseBecause = (reason: string): ReceiptVerdict => ({ verdict: 'false', reason, witnesses: [] });

async function keysOf(texts: readonly string[], kind: VerifierKey['kind']): Promise<VerifierKey[]> {
  const keys = await Promise.all([...new Set(texts.map(text => text.trim()))].map(parseVerifierKey));
  const wrong = keys.findIndex(key => key?.kind !== kind);
  if (wrong >= 0) throw new TypeError(`Key ${wrong + 1} is no key of a ${kind}: it is written <name>+<hash>+<key>.`);
  return keys as VerifierKey[];
}

function parseReceipt(text: string): { record: string; proof: string; key: string | undefined } | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  try {
    const { receipt, record, proof, key } = Object(parseStrictJson(utf8(text))) as Record<string, unknown>;
    if (receipt !== 1 || typeof record !== 'string' || typeof proof !== 'string') return undefined;
    return { record, proof, key: typeof key === 'string' ? key : undefined };
  } catch {
    return undefined;
  }
}

/** A lone surrogate has no bytes of its own, so two texts would have one hash. */
function recordIn(line: string): (Record<string, unknown> & { seq: number }) | undefined {
  if (/[\n\r]|\p{Surrogate}/u.test(line)) return undefined;
  try {
    // A record may hold a lone surrogate as an escape; members twice and endless nesting are for deceiving readers.
    parseStrictJson(utf8(line.replace(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g, '\\ufffd')));
    const record = Object(JSON.parse(line)) as Record<string, unknown>;
    return typeof record.seq === 'number' && record.v === 1 ? { ...record, seq: record.seq } : undefined;
  } catch {
    return undefined;
  }
}

/** Keys that the reader trusts, else the one in the receipt; of this log in both cases. */
async function keysFor(
  { origin }: Checkpoint,
  own: string | undefined,
  trusted: readonly VerifierKey[],
): Promise<VerifierKey[]> {
  if (trusted.length) return trusted.filter(({ name }) => name === origin);
  const key = own === undefined ? undefined : await parseVerifierKey(own);
  return key?.kind === 'log' && key.name === origin ? [key] : [];
}

/** The key that has signed, of one log that has had several. A wrong signature by any of them counts before a right one. */
async function signerAmong(
  note: SignedNote,
  keys: readonly [VerifierKey, ...VerifierKey[]],
): Promise<{ key: VerifierKey; signed: Signed }> {
  const all = await Promise.all(keys.map(async key => ({ key, signed: await signedBy(note, key) })));
  const by = (who: Signed['by']) => all.find(({ signed }) => signed.by === who);
  return by('forger') ?? by('key') ?? all[0]!;
}

/** @returns `undefined` when one of them has not signed what is there under its name */
async function seenBy(
  note: SignedNote,
  witnesses: readonly VerifierKey[],
): Promise<{ name: string; time: number }[] | undefined> {
  const seen: { name: string; time: number }[] = [];
  for (const witness of witnesses) {
    const signed = await signedBy(note, witness);
    if (signed.by === 'forger') return undefined;
    if (signed.by === 'key') seen.push({ name: witness.name, time: signed.time ?? 0 });
  }
  return seen;
}
