import { type KeyObject, sign } from 'node:crypto';
import { checkpointSigner, signCheckpoint } from '../tree/checkpoint-key.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { parseCheckpoint } from './checkpoint.js';
import { parseNote, signatureLine, timedSignature, witnessMessage } from './note.js';
import { verifyReceipt } from './receipt.js';
import { formatTlogProof } from './tlog-proof.js';
import { formatVerifierKey, parseVerifierKey, verifierKey, type VerifierKey } from './verifier-key.js';
import { newKeyPair } from '../../key-pair.js';

const ORIGIN = 'shop.example/audit/1';
const record = '{"seq":0,"v":1,"id":"a","actor_sub":"alice"}';
const [logKey, otherKey, witnessKey] = [0, 1, 2].map(() => newKeyPair('ed25519').privateKey) as [
  KeyObject,
  KeyObject,
  KeyObject,
];
const publicKey = (key: KeyObject) => checkpointSigner(key).publicKey;
const vkey = async (name: string, kind: VerifierKey['kind'], key: KeyObject) =>
  formatVerifierKey(await verifierKey(name, kind, publicKey(key)));

async function note(origin = ORIGIN, key = logKey, size = 1): Promise<string> {
  const tree = new MerkleTree();
  tree.append(Buffer.from(record));
  return signCheckpoint({ origin, size, root: new Uint8Array(tree.root()) }, checkpointSigner(key));
}

async function cosigned(text: string, time = 1_700_000_000, signedTime = time): Promise<string> {
  const key = await verifierKey('witness.example', 'witness', publicKey(witnessKey));
  const message = witnessMessage(text.slice(0, text.indexOf('\n\n') + 1), signedTime);
  return text + signatureLine(key, timedSignature(time, sign(null, message, witnessKey)));
}

async function receipt(
  changes: { record?: string; checkpoint?: string; index?: number; key?: string } = {},
): Promise<string> {
  const { checkpoint = await note(), index = 0 } = changes;
  const proof = formatTlogProof({ index, hashes: [], checkpoint });
  return JSON.stringify({ receipt: 1, record, proof, key: await vkey(ORIGIN, 'log', logKey), ...changes });
}

const witnesses = async () => [await vkey('witness.example', 'witness', witnessKey)];

describe('a receipt', () => {
  it('is the word of the operator when the log has signed, and says whether the reader knows the key', async () => {
    const unknown = await verifyReceipt(await receipt());
    expect(unknown).toMatchObject({ verdict: 'operator', record: { actor_sub: 'alice' }, key: { isTrusted: false } });
    const known = await verifyReceipt(await receipt(), { logKeys: [await vkey(ORIGIN, 'log', logKey)] });
    expect(known).toMatchObject({
      verdict: 'operator',
      checkpoint: { size: 1 },
      key: { isTrusted: true },
      witnesses: [],
    });
  });

  it('is witnessed when a witness that the reader trusts has signed the same checkpoint', async () => {
    const checkpoint = await cosigned(await note());
    expect(await verifyReceipt(await receipt({ checkpoint }), { witnesses: await witnesses() })).toMatchObject({
      verdict: 'witnessed',
      witnesses: [{ name: 'witness.example', time: 1_700_000_000 }],
    });
    expect((await verifyReceipt(await receipt({ checkpoint }))).verdict).toBe('operator');
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['its record is changed', () => receipt({ record: record.replace('alice', 'bob') }), /changed/],
    ['its proof is that of another record', () => receipt({ index: 1 }), /another record/],
    ['its checkpoint is of another log', async () => receipt({ checkpoint: await note('evil.example') }), /No key/],
    ['another key has signed', async () => receipt({ checkpoint: await note(ORIGIN, otherKey) }), /not signed/],
    ['its tree is said to be larger', async () => receipt({ checkpoint: await note(ORIGIN, logKey, 2) }), /changed/],
    [
      'its checkpoint is unsigned',
      async () => receipt({ checkpoint: (await note()).replace(/— .*\n/, '') }),
      /cannot be read/,
    ],
    ['it is no receipt', async () => '[]', /no receipt/],
    ['it is no JSON', async () => '{', /no receipt/],
    ['it is nested without end', async () => '['.repeat(900_000), /no receipt/],
    ['it is too long', async () => ' '.repeat(1_000_001), /no receipt/],
    ['its record is two lines', async () => receipt({ record: `${record}\n${record}` }), /no record/],
    ['it has a member twice', async () => (await receipt()).replace('{', '{"record":"x",'), /no receipt/],
    [
      'its record has a member twice',
      () => receipt({ record: record.replace('}', ',"actor_sub":"bob"}') }),
      /no record/,
    ],
    [
      'its record is nested without end',
      () => receipt({ record: record.replace('"alice"', '['.repeat(99) + ']'.repeat(99)) }),
      /no record/,
    ],
    [
      'its record holds a lone surrogate',
      async () => receipt({ record: record.replace('alice', '\ud800') }),
      /no receipt/,
    ],
    ['its key is of another log', async () => receipt({ key: await vkey('evil.example', 'log', logKey) }), /No key/],
    ['its key is that of a witness', async () => receipt({ key: await vkey(ORIGIN, 'witness', logKey) }), /No key/],
  ])('is false when %s', async (_, make, reason) => {
    expect(await verifyReceipt(await make())).toMatchObject({
      verdict: 'false',
      reason: expect.stringMatching(reason),
    });
  });

  it('is false when the key that the reader trusts is another one, whatever key it brings', async () => {
    const verdict = await verifyReceipt(await receipt(), { logKeys: [await vkey(ORIGIN, 'log', otherKey)] });
    expect(verdict).toMatchObject({ verdict: 'false', reason: expect.stringContaining('not signed') });
  });

  it('is known by any key of its log that the reader trusts, in whatever order they are named', async () => {
    const keys = [await vkey(ORIGIN, 'log', otherKey), await vkey(ORIGIN, 'log', logKey)];
    for (const logKeys of [keys, keys.toReversed()])
      expect(await verifyReceipt(await receipt(), { logKeys })).toMatchObject({
        verdict: 'operator',
        key: { text: keys[1], isTrusted: true },
      });
  });

  it.each([undefined, null, 1, {}, []])('is false when it is no text but %j', async nothing => {
    expect(await verifyReceipt(nothing as string)).toMatchObject({ reason: 'This is no receipt.' });
  });

  it('is false when a witness has signed another time or another checkpoint than the one in it', async () => {
    const trust = { witnesses: await witnesses() };
    for (const checkpoint of [
      await cosigned(await note(), 2, 1),
      (await note()) + (await cosigned(await note('x'))).split('\n\n')[1]!.split('\n').slice(1).join('\n'),
    ])
      expect(await verifyReceipt(await receipt({ checkpoint }), trust)).toMatchObject({
        verdict: 'false',
        reason: expect.stringContaining('witness'),
      });
  });

  it('is not true any more after any change of one character', async () => {
    const text = await receipt();
    const trust = { logKeys: [await vkey(ORIGIN, 'log', logKey)] };
    const { proof } = JSON.parse(text) as { proof: string };
    const isTrue = async (changed: string) => (await verifyReceipt(changed, trust)).verdict !== 'false';
    for (let i = 0; i < record.length; i++) {
      const changed = record.slice(0, i) + String.fromCharCode(record.charCodeAt(i) ^ 1) + record.slice(i + 1);
      expect(await isTrue(JSON.stringify({ receipt: 1, record: changed, proof }))).toBe(false);
    }
    for (let i = 0; i < proof.length; i++) {
      const changed = proof.slice(0, i) + String.fromCharCode(proof.charCodeAt(i) ^ 1) + proof.slice(i + 1);
      expect(await isTrue(JSON.stringify({ receipt: 1, record, proof: changed }))).toBe(false);
    }
  });

  it('may hold what has no character, as an escape', async () => {
    const odd = record.replace('alice', '\\ud800');
    const tree = new MerkleTree();
    tree.append(Buffer.from(odd));
    const checkpoint = await signCheckpoint(
      { origin: ORIGIN, size: 1, root: new Uint8Array(tree.root()) },
      checkpointSigner(logKey),
    );
    expect(await verifyReceipt(await receipt({ record: odd, checkpoint }))).toMatchObject({ verdict: 'operator' });
  });

  it('is false when a witness has signed a time beyond all calendars', async () => {
    const checkpoint = await cosigned(await note(), 2 ** 52);
    expect(await verifyReceipt(await receipt({ checkpoint }), { witnesses: await witnesses() })).toMatchObject({
      verdict: 'false',
    });
  });

  it('needs keys that are keys: a mistake of the reader is no verdict', async () => {
    await expect(verifyReceipt(await receipt(), { logKeys: ['shop.example'] })).rejects.toThrow(TypeError);
    await expect(verifyReceipt(await receipt(), { witnesses: [await vkey('a', 'log', logKey)] })).rejects.toThrow(
      TypeError,
    );
  });
});

describe('a key', () => {
  it('is read as it is written, and not with the hash of another name', async () => {
    const text = await vkey(ORIGIN, 'log', logKey);
    expect(formatVerifierKey((await parseVerifierKey(text))!)).toBe(text);
    expect(await parseVerifierKey(text.replace('shop', 'shap'))).toBeUndefined();
    for (const wrong of ['', 'a', 'a+b+c', text.slice(0, -4), `${text}=`, text.replace(ORIGIN, ' ')])
      expect(await parseVerifierKey(wrong)).toBeUndefined();
  });
});

describe('a checkpoint', () => {
  it.each([
    '',
    'a\n1\n',
    'a\n01\nAAAA\n',
    `\n1\n${'A'.repeat(43)}=\n`,
    `a\n1\n${'A'.repeat(43)}=`,
    `a\n-1\n${'A'.repeat(43)}=\n`,
    `a\n1e3\n${'A'.repeat(43)}=\n`,
  ])('is none: %j', text => expect(parseCheckpoint(text)).toBeUndefined());
  it.each([
    '',
    'text',
    'text\n\n',
    'text\n\n— a b\n',
    'text\n\n- a AAAAAAAA\n',
    'text\n\n— a AAAAAAAA',
    'te\rxt\n\n— a AAAAAAAA\n',
  ])('is no signed note: %j', text => expect(parseNote(text)).toBeUndefined());
});
