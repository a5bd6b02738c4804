import { createHash, createHmac, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { DpopSession } from '@modelcontextprotocol/client';
import {
  calculateJwkThumbprint,
  type CompactJWSHeaderParameters,
  CompactSign,
  compactVerify,
  importJWK,
  type JWK,
} from 'jose';
import { customFetch, DPoP, generateKeyPair, protectedResourceRequest } from 'oauth4webapi';
import { DpopNonces } from './dpop-nonces.js';
import { MAX_PROOF_LENGTH, type ProvenRequest, verifyDpopProof } from './dpop-proof.js';
import { MemoryReplayStore } from '../ports/memory-replay-store.js';
import { type ReplayStore } from '../ports/replay-store.js';
import { newKeyPair } from '../key-pair.js';

const NOW = 1_700_000_000.5;
const IAT = 1_700_000_000;
const URL_OF_MCP = 'https://mcp.shop.test/mcp';
const ACCESS_TOKEN = 'eyJ.the.access-token';
const ATH = createHash('sha256').update(ACCESS_TOKEN).digest('base64url');

interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}
const ec = (namedCurve: string): Pair => newKeyPair('ec', { namedCurve });
const rsa = (modulusLength: number, publicExponent = 65_537): Pair =>
  newKeyPair('rsa', { modulusLength, publicExponent });
const [mine, another, p384, p521, rsa2048, ed25519] = [
  ec('P-256'),
  ec('P-256'),
  ec('P-384'),
  ec('P-521'),
  rsa(2048),
  newKeyPair('ed25519'),
];
const jwkOf = (key: KeyObject): JsonWebKey => key.export({ format: 'jwk' });
const thumbprint = (pair: Pair) => calculateJwkThumbprint(pair.publicKey);

interface Making {
  header?: object;
  claims?: object;
  pair?: Pair;
  signedBy?: KeyObject;
}

const payload = (claims: object = {}) => ({
  jti: randomUUID(),
  htm: 'POST',
  htu: URL_OF_MCP,
  iat: IAT,
  ath: ATH,
  ...claims,
});

/** A genuine proof, but for what a test changes. A member that is `undefined` is left out. */
function prove({ header, claims, pair = mine, signedBy = pair.privateKey }: Making = {}): Promise<string> {
  const protectedHeader: CompactJWSHeaderParameters = {
    typ: 'dpop+jwt',
    alg: 'ES256',
    jwk: jwkOf(pair.publicKey),
    ...header,
  };
  return new CompactSign(Buffer.from(JSON.stringify(payload(claims))))
    .setProtectedHeader(protectedHeader)
    .sign(signedBy);
}

type Signer = KeyObject | ((input: Buffer) => Buffer);

/** A proof that jose would not make, with a signature that is right all the same. */
function assemble(header: object | string, claims: object | string, signer: Signer = mine.privateKey): string {
  const input = [header, claims]
    .map(part => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
    .join('.');
  const bytes = Buffer.from(input);
  if (typeof signer === 'function') return `${input}.${signer(bytes).toString('base64url')}`;
  const hash = signer.asymmetricKeyType!.startsWith('ed') ? null : 'sha256';
  return `${input}.${sign(hash, bytes, { key: signer, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
const headerOf = (pair: Pair, extra: object = {}) => ({
  typ: 'dpop+jwt',
  alg: 'ES256',
  jwk: jwkOf(pair.publicKey),
  ...extra,
});
const thumbprintOf = (jwk: unknown) => calculateJwkThumbprint(jwk as JWK).catch(() => 'none');

const refused = { code: 'proof_of_possession_invalid' };
const replayed = { code: 'proof_replayed' };

describe('verifyDpopProof', () => {
  let jkt: string;
  let replays: ReplayStore;
  const verify = (proof: string, expected: Partial<ProvenRequest> = {}, now = NOW) =>
    verifyDpopProof(
      proof,
      { method: 'POST', url: URL_OF_MCP, accessToken: ACCESS_TOKEN, jkt, holder: [], ...expected },
      { replays },
      now,
    );
  const accepts = (proof: string, expected?: Partial<ProvenRequest>, now?: number) =>
    expect(verify(proof, expected, now)).resolves.toBeUndefined();
  const refuses = (proof: string, expected?: Partial<ProvenRequest>, now?: number) =>
    expect(verify(proof, expected, now)).rejects.toMatchObject(refused);

  beforeAll(async () => {
    jkt = await thumbprint(mine);
  });

  beforeEach(() => {
    replays = new MemoryReplayStore(100);
  });

  describe('accepts', () => {
    it('the proof of RFC 9449 §7.1 with the thumbprint of §6.1, at its time', async () => {
      const proof =
        'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR' +
        'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRt' +
        'IjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0Ra' +
        'NTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA';
      const request: ProvenRequest = {
        method: 'GET',
        url: 'https://resource.example.org/protectedresource',
        accessToken: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
        jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
        holder: [],
      };
      await accepts(proof, request, 1_562_262_620);
      await refuses(proof, request, NOW);
    });

    it('a proof that oauth4webapi makes', async () => {
      const keys = await generateKeyPair('ES256');
      const handle = DPoP({}, keys);
      let proof = '';
      const capture = async (_url: string, { headers }: { headers: Record<string, string> }) => {
        proof = headers.dpop!;
        return new Response();
      };
      const url = new URL(`${URL_OF_MCP}?session=1#top`);
      await protectedResourceRequest(ACCESS_TOKEN, 'POST', url, undefined, undefined, {
        DPoP: handle,
        [customFetch]: capture,
      });
      await accepts(proof, { jkt: await handle.calculateThumbprint() }, Date.now() / 1000);
    });

    it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)(
      'a proof that the client of the MCP SDK makes with %s',
      async alg => {
        const session = await DpopSession.create({ alg });
        const proof = await session.buildProof({
          htm: 'post',
          htu: `${URL_OF_MCP}?session=1`,
          accessToken: ACCESS_TOKEN,
        });
        await accepts(proof, { jkt: session.thumbprint }, Date.now() / 1000);
      },
    );

    it.each<[string, Pair]>([
      ['ES256', mine],
      ['ES384', p384],
      ['ES512', p521],
      ['EdDSA', ed25519],
      ['Ed25519', ed25519],
      ['RS256', rsa2048],
      ['RS384', rsa2048],
      ['RS512', rsa2048],
      ['PS256', rsa2048],
      ['PS384', rsa2048],
      ['PS512', rsa2048],
      ['RS256', rsa(4096)],
    ])('%s', async (alg, pair) => {
      await accepts(await prove({ header: { alg }, pair }), { jkt: await thumbprint(pair) });
    });

    it.each([
      [URL_OF_MCP, `${URL_OF_MCP}?a=1&b=2`],
      [`${URL_OF_MCP}?a=1#top`, URL_OF_MCP],
      ['HTTPS://MCP.Shop.TEST:443/mcp', URL_OF_MCP],
      ['http://localhost:80/mcp', 'http://localhost/mcp'],
      ['https://mcp.shop.test', 'https://mcp.shop.test/'],
      ['https://mcp.shop.test/a/../mcp/./x', 'https://mcp.shop.test/mcp/x'],
      ['https://mcp.shop.test/%7Ealice/%6dcp', 'https://mcp.shop.test/~alice/mcp'],
      ['https://mcp.shop.test/a%2fb%c3%a9', 'https://mcp.shop.test/a%2Fb%C3%A9'],
    ])('the target %s for a request to %s, which are one by RFC 3986 §6.2', async (htu, url) => {
      await accepts(await prove({ claims: { htu } }), { url });
      await accepts(await prove({ claims: { htu: url } }), { url: htu });
    });

    it('a proof of the last minute, or of ten seconds ahead, as FAPI 2.0 demands', async () => {
      for (const iat of [NOW - 59.9, NOW, NOW + 8, NOW + 10]) await accepts(await prove({ claims: { iat } }));
    });

    it('a key that by its own words may sign with this algorithm, under either name of it', async () => {
      for (const extra of [
        { alg: 'ES256' },
        { key_ops: ['sign'] },
        { key_ops: ['encrypt', 'verify'] },
        { x5u: 'https://evil.test' },
      ])
        await accepts(await prove({ header: { jwk: { ...jwkOf(mine.publicKey), ...extra } } }));
      const jwk = { ...jwkOf(ed25519.publicKey), alg: 'EdDSA' };
      await accepts(await prove({ header: { alg: 'Ed25519', jwk }, pair: ed25519 }), {
        jkt: await thumbprint(ed25519),
      });
    });

    it('claims and members of the key it does not know, a nonce among them', async () => {
      const jwk = { ...jwkOf(mine.publicKey), kid: '1', use: 'sig', key_ops: ['verify'], ext: true };
      await accepts(
        await prove({ header: { jwk, kid: '1' }, claims: { nonce: 'n', exp: IAT + 10, nbf: IAT, sub: 'alice' } }),
      );
    });
  });

  describe('refuses', () => {
    it.each([undefined, 'jwt', 'at+jwt', 'DPOP+JWT', 'application/dpop+jwt', 1])('the type %j', async typ => {
      await refuses(await prove({ header: { typ } }));
    });

    it('an unsecured proof', async () => {
      for (const bytes of ['', 'any'])
        await refuses(assemble(headerOf(mine, { alg: 'none' }), payload(), () => Buffer.from(bytes)));
    });

    it('a symmetric key, and a public key used as one', async () => {
      const hmac = (secret: Buffer | string) => (input: Buffer) => createHmac('sha256', secret).update(input).digest();
      const jwk = { kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url') };
      await refuses(assemble({ typ: 'dpop+jwt', alg: 'HS256', jwk }, payload(), hmac(Buffer.alloc(32, 7))), {
        jkt: await thumbprintOf(jwk),
      });
      const pem = rsa2048.publicKey.export({ format: 'pem', type: 'spki' });
      await refuses(assemble(headerOf(rsa2048, { alg: 'HS256' }), payload(), hmac(pem)), {
        jkt: await thumbprint(rsa2048),
      });
    });

    const foreign: [string, Pair][] = [
      ['ES384', mine],
      ['ES512', mine],
      ['RS256', mine],
      ['EdDSA', mine],
      ['ES256', p384],
      ['ES256', p521],
      ['ES256', rsa2048],
      ['PS256', rsa2048],
      ['EdDSA', rsa2048],
      ['ES256', ed25519],
      ['RS256', ed25519],
      ['ES256', ec('secp256k1')],
      ['ES256K', ec('secp256k1')],
      ['EdDSA', newKeyPair('ed448')],
      ['Ed448', newKeyPair('ed448')],
      ['RS1', rsa2048],
      ['HS256', mine],
      ['none', mine],
      ['es256', mine],
      ['toString', mine],
    ];
    it.each([...foreign, [undefined, mine], [null, mine], [['ES256'], mine]])(
      'the algorithm %j where the key has signed with another',
      async (alg, pair) => {
        await refuses(assemble(headerOf(pair, { alg }), payload(), pair.privateKey), {
          jkt: await thumbprintOf(jwkOf(pair.publicKey)),
        });
      },
    );

    it.each([
      undefined,
      null,
      'key',
      7,
      [],
      {},
      { kty: 'EC' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
      { kty: 1 },
      { kty: 'AKP', alg: 'ES256', pub: 'AA' },
    ])('the key %j', async jwk => {
      await refuses(assemble(headerOf(mine, { jwk }), payload()), { jkt: await thumbprintOf(jwk) });
    });

    it('a private key, though the proof is otherwise right', async () => {
      await refuses(await prove({ header: { jwk: jwkOf(mine.privateKey) } }));
      const jwk = jwkOf(rsa2048.publicKey);
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
        await refuses(await prove({ header: { alg: 'RS256', jwk: { ...jwk, [name]: null } }, pair: rsa2048 }), {
          jkt: await thumbprint(rsa2048),
        });
      }
    });

    it.each<[string, Pair]>([
      ['of 1024 bits', rsa(1024)],
      ['of 2040 bits', rsa(2040)],
      ['with the exponent 3', rsa(2048, 3)],
    ])('an RSA key %s', async (_what, pair) => {
      await refuses(assemble(headerOf(pair, { alg: 'RS256' }), payload(), pair.privateKey), {
        jkt: await thumbprint(pair),
      });
    });

    it('an RSA key that is slow to verify with: an exponent as long as the modulus, and equivalent to 65537', async () => {
      const { n, p, q } = jwkOf(rsa2048.privateKey);
      const [one, other] = [p, q].map(prime => BigInt(`0x${Buffer.from(prime!, 'base64url').toString('hex')}`) - 1n);
      const jwk = {
        kty: 'RSA',
        n: n!,
        e: Buffer.from((one! * other! + 65_537n).toString(16), 'hex').toString('base64url'),
      };
      const proof = assemble(headerOf(rsa2048, { alg: 'RS256', jwk }), payload(), rsa2048.privateKey);
      expect((await compactVerify(proof, await importJWK(jwk, 'RS256'))).protectedHeader.alg).toBe('RS256');
      await refuses(proof, { jkt: await thumbprintOf(jwk) });
    });

    it.each([
      { use: 'enc' },
      { use: null },
      { key_ops: ['encrypt'] },
      { key_ops: ['deriveKey'] },
      { key_ops: [] },
      { key_ops: 'verify' },
      { alg: 'ES384' },
      { alg: 'ECDH-ES' },
      { alg: null },
    ])('a key that by its own words is for something else: %j', async extra => {
      await refuses(await prove({ header: { jwk: { ...jwkOf(mine.publicKey), ...extra } } }));
    });

    it('a proof that another key has signed', async () => {
      await refuses(await prove({ signedBy: another.privateKey }));
    });

    it('a right proof by a key that the access token is not bound to', async () => {
      const unbound = { code: 'key_binding_refused' };
      await expect(verify(await prove({ pair: another }))).rejects.toMatchObject(unbound);
      await expect(verify(await prove(), { jkt: '' })).rejects.toMatchObject(unbound);
    });

    it.each(['GET', 'post', 'POST ', '', undefined, ['POST']])('the method %j for a POST', async htm => {
      await refuses(await prove({ claims: { htm } }));
    });

    it.each([
      'http://mcp.shop.test/mcp',
      'https://shop.test/mcp',
      'https://mcp.shop.test:8443/mcp',
      'https://mcp.shop.test/',
      'https://mcp.shop.test/mcp/',
      'https://mcp.shop.test/MCP',
      'https://mcp.shop.test./mcp',
      'https://mcp.shop.test/%2Fmcp',
      'https://alice@mcp.shop.test/mcp',
      'https://mcp.shop.test@evil.test/mcp',
      'ftp://mcp.shop.test/mcp',
      '/mcp',
      'mcp.shop.test/mcp',
      '//mcp.shop.test/mcp',
      'https:mcp.shop.test/mcp',
      'https:///mcp.shop.test/mcp',
      'https:\\\\mcp.shop.test\\mcp',
      'https://mcp.shop.test\\mcp',
      ' https://mcp.shop.test/mcp',
      'https://mcp.shop.test/mcp\n',
      'https://mcp.shop.test/m\tcp',
      'https://mcp.shöp.test/mcp',
      'https://',
      '',
      undefined,
      null,
      7,
      [URL_OF_MCP],
    ])('the target %j', async htu => {
      await refuses(await prove({ claims: { htu } }));
    });

    it('any target when the own URL is none, even the same', async () => {
      for (const url of ['', '/mcp', 'https://[/mcp']) await refuses(await prove({ claims: { htu: url } }), { url });
    });

    it.each([
      NOW - 60,
      NOW - 61,
      0,
      -1,
      NOW + 10.1,
      NOW + 61,
      NOW + 3600,
      NOW * 1000,
      undefined,
      null,
      String(IAT),
      [IAT],
    ])('the time %j', async iat => {
      await refuses(await prove({ claims: { iat } }));
    });

    it('an infinite time', async () => {
      for (const iat of ['1e999', '-1e999'])
        await refuses(assemble(headerOf(mine), JSON.stringify(payload()).replace(String(IAT), iat)));
    });

    it.each([{ exp: NOW }, { exp: null }, { exp: String(IAT + 60) }, { nbf: NOW + 11 }, { nbf: null }])(
      'what by its own word may not be used: %j',
      async claims => {
        await refuses(await prove({ claims }));
      },
    );

    it('a proof for another access token, or for none', async () => {
      await refuses(await prove(), { accessToken: `${ACCESS_TOKEN}x` });
      for (const ath of [undefined, null, '', `${ATH}=`, Buffer.from(ATH, 'base64url').toString('hex')])
        await refuses(await prove({ claims: { ath } }));
    });

    it.each([undefined, null, '', 7, ['1'], 'j'.repeat(257)])('the identifier %j', async jti => {
      await refuses(await prove({ claims: { jti } }));
    });

    it.each(['crit', 'b64', 'zip'])('a header with %s, whatever its value', async name => {
      for (const value of [null, [], '', true]) await refuses(assemble(headerOf(mine, { [name]: value }), payload()));
    });

    it('every spelling but the canonical one', async () => {
      const proof = await prove();
      const [header, claims, signature] = proof.split('.') as [string, string, string];
      const spellings = [
        '',
        '.',
        '..',
        '...',
        `${header}.${claims}`,
        `${header}.${claims}.`,
        `.${claims}.${signature}`,
        `${header}..${signature}`,
        `${proof}.`,
        `${proof}.AAAA`,
        `${proof}=`,
        `${proof}==`,
        ` ${proof}`,
        `${proof}\n`,
        `${proof}, ${proof}`,
        `${proof},${proof}`,
        proof.replace('.', ' .'),
        `${proof}A`,
        `DPoP ${proof}`,
        proof.toLowerCase(),
      ];
      for (const spelling of spellings) await refuses(spelling);
      await accepts(proof);
    });

    it('spare bits at the end of a part', async () => {
      const proof = await prove(); // 64 bytes of signature: the last of its 86 characters has 4 spare bits
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      await refuses(proof.slice(0, -1) + alphabet[alphabet.indexOf(proof.at(-1)!) + 1]!);
    });

    it.each(['null', '[]', '"text"', '', '{'])('claims of %j, which are not one object', async text => {
      await refuses(assemble(headerOf(mine), text));
    });

    it('what says a thing twice, in the claims, in the header or in its key', async () => {
      const [header, claims] = [JSON.stringify(headerOf(mine)), JSON.stringify(payload())];
      await accepts(assemble(header, claims));
      await refuses(assemble(header, claims.replace('{', '{"htm":"GET",')));
      await refuses(assemble(header, claims.replace('{', '{"\\u0068tm":"GET",')));
      await refuses(assemble(header.replace('{', '{"alg":"none",'), claims));
      await refuses(assemble(header.replace('"jwk":{', '"jwk":{"kty":"oct",'), claims));
    });

    it('a proof of more than 4 KB, though it is right', async () => {
      const lengthOf = async (padding: number) => (await prove({ claims: { padding: 'x'.repeat(padding) } })).length;
      const room = Math.floor(((MAX_PROOF_LENGTH - (await lengthOf(0))) * 3) / 4) - 20;
      expect(room).toBeGreaterThan(1000);
      await accepts(await prove({ claims: { padding: 'x'.repeat(room) } }));
      await refuses(await prove({ claims: { padding: 'x'.repeat(room + 40) } }));
    });

    it('a megabyte of anything, at once', async () => {
      const started = process.cpuUsage();
      for (const text of ['.', 'A', 'A.', '=', '\n']) await refuses(text.repeat(1_000_000 / text.length));
      expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
    });

    it('every proof of which one character is changed', async () => {
      const proof = await prove();
      for (let at = 0; at < proof.length; at++)
        await refuses(proof.slice(0, at) + (proof[at] === 'A' ? 'B' : 'A') + proof.slice(at + 1));
      await accepts(proof);
    });

    it('without saying in its error what the proof was', async () => {
      const proof = await prove({ claims: { htu: 'https://evil.test/' } });
      const error: unknown = await verify(proof).catch((e: unknown) => e);
      expect(error).toMatchObject({ ...refused, message: expect.not.stringContaining('evil') });
    });
  });

  describe('with nonces', () => {
    const nonces = new DpopNonces('a secret that several processes share');
    const required = { code: 'proof_nonce_required' };

    it('accepts the one of this minute and of the one before, and no older one', async () => {
      const nonce = nonces.current(IAT);
      for (const now of [IAT, IAT + 59]) await accepts(await prove({ claims: { nonce, iat: now } }), { nonces }, now);
      for (const now of [IAT + 121, IAT + 3600, IAT - 121])
        await expect(verify(await prove({ claims: { nonce, iat: now } }), { nonces }, now)).rejects.toMatchObject(
          required,
        );
    });

    it('accepts what another process with the same secret has given out, though its clock is ahead', async () => {
      const nonce = new DpopNonces('a secret that several processes share').current(IAT + 10);
      await accepts(await prove({ claims: { nonce } }), { nonces }, IAT);
    });

    it.each([undefined, null, '', 'nonce', 7, ['nonce'], new DpopNonces().current(IAT)])(
      'refuses the nonce %j, says so, and does not use the proof up',
      async nonce => {
        replays = new MemoryReplayStore(1);
        const proof = await prove({ claims: { nonce, jti: 'mine' } });
        await expect(verify(proof, { nonces }, IAT)).rejects.toMatchObject(required);
        await accepts(proof, {}, IAT);
      },
    );

    it('refuses a proof that is wrong for what it is wrong in, whatever its nonce', async () => {
      await refuses(await prove({ claims: { htm: 'GET' } }), { nonces });
      await refuses(await prove({ signedBy: another.privateKey }), { nonces });
    });
  });

  describe('counts', () => {
    it('a proof as used once it was accepted, until it has expired by itself', async () => {
      const proof = await prove({ claims: { iat: IAT + 10 } });
      await accepts(proof, {}, IAT);
      for (const later of [0, 1, 60, 69.9])
        await expect(verify(proof, {}, IAT + later)).rejects.toMatchObject(replayed);
      await refuses(proof, {}, IAT + 70);
    });

    it('one of many that arrive together', async () => {
      const proof = await prove();
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => verify(proof)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('a second proof with the same identifier as a replay, in whatever spelling of the target', async () => {
      await accepts(await prove({ claims: { jti: 'same' } }));
      for (const htu of [URL_OF_MCP, `${URL_OF_MCP}?x`, 'HTTPS://mcp.shop.test:443/%6dcp'])
        await expect(verify(await prove({ claims: { jti: 'same', htu, iat: IAT + 1 } }))).rejects.toMatchObject(
          replayed,
        );
    });

    it('an identifier for each key and each target apart', async () => {
      await accepts(await prove({ claims: { jti: 'same' } }));
      await accepts(await prove({ claims: { jti: 'same' }, pair: another }), { jkt: await thumbprint(another) });
      await accepts(await prove({ claims: { jti: 'same', htu: `${URL_OF_MCP}/2` } }), { url: `${URL_OF_MCP}/2` });
    });

    it('nothing that was refused: neither does it take room nor does it use up an identifier', async () => {
      replays = new MemoryReplayStore(1);
      for (let i = 0; i < 3; i++) await refuses(await prove({ claims: { jti: 'mine' }, signedBy: another.privateKey }));
      await accepts(await prove({ claims: { jti: 'mine' } }));
    });

    it('no proof while its holder is at its limit, says so, and recovers by itself', async () => {
      replays = new MemoryReplayStore(2);
      await accepts(await prove());
      await accepts(await prove());
      await expect(verify(await prove())).rejects.toMatchObject({ code: 'limit_reached' });
      await accepts(await prove({ claims: { iat: IAT + 60 } }), {}, NOW + 60);
    });
  });
});
