import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { compactVerify, importJWK, type JWK } from 'jose';
import { type Diagnostic } from '../ports/diagnostics.js';
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from '../token/token-algorithms.js';
import { KeyRing } from './key-ring.js';
import { localSigner } from './local-signer.js';
import { signCompact, type Signer } from './signer.js';
import { testSigner } from './test-signer.js';
import { newKeyPair } from '../key-pair.js';

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as JWK;
function newKey(alg: TokenAlgorithm): KeyObject {
  if (alg.startsWith('Ed')) return newKeyPair('ed25519').privateKey;
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg as string];
  if (curve) return newKeyPair('ec', { namedCurve: curve }).privateKey;
  return newKeyPair('rsa', { modulusLength: 2048 }).privateKey;
}

/** A key service with one P-256 key, which gives what such services give: DER. */
function keyService(changes: Partial<Signer> = {}): Signer {
  const privateKey = newKey('ES256');
  return {
    kid: 'kms-1',
    alg: 'ES256',
    publicKey: jwkOf(createPublicKey(privateKey)),
    sign: async bytes => sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    ...changes,
  };
}

describe('a signer of a private JWK', () => {
  it.each(TOKEN_ALGORITHMS)('signs by %s so that jose verifies it, and not after a change', async alg => {
    const signer = localSigner({ ...jwkOf(newKey(alg)), alg, kid: 'k' }, 'key');
    const jws = await signCompact(signer, { header: { kid: 'k' }, claims: { a: 1 } }, { purpose: 'client_assertion' });
    const key = await importJWK(signer.publicKey, alg);
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: [alg] });
    expect([protectedHeader, JSON.parse(new TextDecoder().decode(payload))]).toEqual([{ alg, kid: 'k' }, { a: 1 }]);
    await expect(compactVerify(jws.replace('.', '.x'), key)).rejects.toThrow();
  });

  it('shows its public half, and its private half in no property, no text and no JSON', () => {
    const jwk = { ...jwkOf(newKey('ES256')), kid: 'k' };
    const signer = localSigner(jwk, 'key');
    const shown = [
      inspect(signer, { depth: 9, showHidden: true }),
      JSON.stringify(signer),
      Reflect.ownKeys(signer).join(),
    ];
    expect(shown.join()).not.toContain(jwk.d);
    expect(signer.publicKey).not.toHaveProperty('d');
    expect(JSON.stringify(signer)).toContain(jwk.x);
  });

  it.each<[what: string, jwk: JWK, message: string]>([
    ['a public key', { ...jwkOf(newKey('ES256')), d: undefined as never }, 'key must be a private JWK'],
    ['an RSA key that does not say its algorithm', jwkOf(newKey('RS256')), 'key needs "alg"'],
    ['an algorithm that does not fit', { ...jwkOf(newKey('ES256')), alg: 'RS256' }, 'key needs "alg"'],
    ['a symmetric algorithm', { ...jwkOf(newKey('RS256')), alg: 'HS256' }, 'key needs "alg"'],
    ['a key that cannot be read', { ...jwkOf(newKey('ES256')), x: 'x' }, 'key cannot be read'],
  ])('is not made of %s', (_what, jwk, message) => {
    expect(() => localSigner(jwk, 'key')).toThrow(expect.objectContaining({ name: 'EieConfigurationError' }));
    expect(() => localSigner(jwk, 'key')).toThrow(message);
  });
});

describe('a signer at boot', () => {
  const boot = (signer: Signer, deadline?: number) =>
    testSigner(signer, 'envelope', { where: 'signing.signer', ...(deadline !== undefined && { deadline }) });

  it('passes with a signature that its public key verifies', async () => {
    await boot(keyService());
  });

  it('never signs what could pass for a token: the text of the test has no point in it', async () => {
    const signed: Buffer[] = [];
    const service = keyService();
    await boot({ ...service, sign: (bytes, use) => (signed.push(Buffer.from(bytes)), service.sign(bytes, use)) });
    expect(signed.map(bytes => bytes.includes('.'))).toEqual([false]);
  });

  const otherKey = newKey('ES256');
  const hanging: Signer['sign'] = () => new Promise(() => undefined);
  it.each<[what: string, changes: Partial<Signer>, message: RegExp]>([
    [
      'another key',
      { sign: async bytes => sign('sha256', bytes, { key: otherKey, dsaEncoding: 'ieee-p1363' }) },
      /another key or algorithm/,
    ],
    [
      'a hash instead of a signature',
      { sign: async bytes => createHash('sha256').update(bytes).digest() },
      /another key or algorithm/,
    ],
    ['a text', { sign: async () => 'c2ln' as never }, /must resolve to the bytes/],
    [
      'an error',
      { sign: () => Promise.reject(Object.assign(new Error('secret words'), { code: 'EACCES' })) },
      /cannot sign \(EACCES\)/,
    ],
    [
      'an error at once',
      {
        sign: () => {
          throw new TypeError('secret words');
        },
      },
      /cannot sign \(TypeError\)/,
    ],
    ['nothing for too long', { sign: hanging }, /did not sign within 50 ms: check that its key service can be reached/],
    ['a private key', { publicKey: jwkOf(otherKey) }, /publicKey holds the private key/],
    [
      'the public key of another kind',
      { publicKey: jwkOf(createPublicKey(newKey('EdDSA'))) },
      /publicKey is not a key for its "alg"/,
    ],
    [
      'a public key that cannot be read',
      { publicKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } },
      /cannot be read as a public JWK/,
    ],
    ['an unknown algorithm', { alg: 'HS256' as never }, /alg must be one of/],
    ['an empty kid', { kid: '' }, /kid must be a text/],
    ['no public key', { publicKey: undefined as never }, /must be a signer/],
  ])('that gives %s stops it, and the message says so', async (_what, changes, message) => {
    const refused = boot(keyService(changes), 50);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({
      name: 'EieConfigurationError',
      message: expect.stringMatching(/^signing\.signer/),
    });
    await expect(refused).rejects.not.toThrow('secret words');
  });

  it('that gives DER is told from a wrong key: that is what most key services give', async () => {
    const key = newKey('ES256');
    const der: Signer = {
      ...keyService(),
      publicKey: jwkOf(createPublicKey(key)),
      sign: async bytes => sign('sha256', bytes, key),
    };
    await expect(boot(der)).rejects.toThrow(/gives DER signatures, and JOSE wants r and s/);
  });

  it('is bound to its purpose: it signs nothing else, then or later', async () => {
    const signer = keyService();
    await boot(signer);
    const twice = /"kms-1" is used for envelope and for client_assertion: give each purpose a key of its own/;
    await expect(testSigner(signer, 'client_assertion', { where: 'client' })).rejects.toThrow(twice);
    const assertion = signCompact(signer, { header: {}, claims: {} }, { purpose: 'client_assertion' });
    await expect(assertion).rejects.toThrow(twice);
    await boot(signer);
  });
});

describe('a signer that fails while it is used', () => {
  const failing = async (sign: Signer['sign']) => {
    const told: Diagnostic[] = [];
    const context = {
      purpose: 'envelope',
      deadline: 50,
      diagnostics: { report: (one: Diagnostic) => void told.push(one) },
    } as const;
    await expect(
      signCompact(keyService({ sign }), { header: {}, claims: { sub: 'alice' } }, context),
    ).rejects.toMatchObject({
      code: 'signing_unavailable',
    });
    return told;
  };

  it.each<[what: string, sign: Signer['sign'], named: string]>([
    ['by an error', () => Promise.reject(Object.assign(new Error('alice'), { code: 'ECONNREFUSED' })), 'ECONNREFUSED'],
    ['by an empty signature', async () => new Uint8Array(), 'TypeError'],
    ['by hanging', () => new Promise(() => undefined), 'TimeoutError'],
  ])('%s refuses, and the operator is told why, without what was to be signed', async (_what, sign, named) => {
    const told = await failing(sign);
    expect(told).toEqual([
      { level: 'error', message: `The signer "kms-1" (envelope) did not sign within 50 ms: ${named}.` },
    ]);
  });

  it('is told by its signal that nobody waits any more', async () => {
    let aborted = false;
    await failing(
      (_bytes, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (aborted = true));
        }),
    );
    expect(aborted).toBe(true);
  });
});

describe('a key ring', () => {
  it('takes signers and JWKs together: the first signs, all are published', async () => {
    const successor = { ...jwkOf(createPublicKey(newKey('ES256'))), kid: 'next' };
    const ring = await KeyRing.from([keyService(), { ...jwkOf(newKey('EdDSA')), kid: 'previous' }, successor]);
    expect(ring.jwks.keys.map(({ kid, alg, d }) => [kid, alg, d])).toEqual([
      ['kms-1', 'ES256', undefined],
      ['previous', 'EdDSA', undefined],
      ['next', 'ES256', undefined],
    ]);
  });

  it('has no property and no method that leads to a key or that signs', async () => {
    const signer = keyService();
    const ring = await KeyRing.from([signer]);
    const members = [...Reflect.ownKeys(ring), ...Reflect.ownKeys(KeyRing.prototype)];
    expect(members).toEqual(['jwks', 'constructor', 'health']);
    expect(inspect(ring, { depth: 9, showHidden: true })).not.toContain('sign');
  });

  it.each<[what: string, keys: () => (JWK | Signer)[], message: RegExp]>([
    [
      'a signer by RSA',
      () => [localSigner({ ...jwkOf(newKey('RS256')), alg: 'RS256' }, 'key')],
      /signing\.keys\[0\] must be a private EC/,
    ],
    [
      'a signer with a wrong key',
      () => [keyService({ publicKey: jwkOf(createPublicKey(newKey('ES256'))) })],
      /signing\.keys\[0\] signs with another key/,
    ],
    [
      'a public key that is to sign',
      () => [jwkOf(createPublicKey(newKey('ES256')))],
      /signing\.keys\[0\] must be a private EC/,
    ],
  ])('is not made of %s', async (_what, keys, message) => {
    await expect(KeyRing.from(keys())).rejects.toThrow(message);
  });
});
