import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type AuditReason } from 'nestjs-eie';
import { ADAPTERS } from '../support/app.js';
import { base64url, claimsOf, type DoorApp, refusal, startDoor } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';
import { newKeyPair } from '../support/key-pair.js';

let world: World;
/** A key set of the attacker's, and whoever fetched it. */
let lure: Loopback;
let issuerKey: KeyObject;
let kid: string;
const mine = newKeyPair();
const rsa = newKeyPair('rsa', { modulusLength: 2048 });

describe('tokens with confused algorithms', () => {
  beforeAll(async () => {
    world = await startWorld();
    const { keys } = (await (await fetch(world.jwksUri)).json()) as { keys: [{ kid: string }] };
    issuerKey = createPublicKey({ key: keys[0] as never, format: 'jwk' });
    kid = keys[0].kid;
    lure = await startLoopback((_request, response) =>
      response.end(
        JSON.stringify({
          keys: [{ ...mine.publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'ES256', use: 'sig' }],
        }),
      ),
    );
  });
  afterAll(() => Promise.all([world.close(), lure.close()]));

  /** A token with the claims of a genuine one, the header that is given and a signature made of both. */
  function forged(header: object, signature: (input: string) => string): string {
    const input = `${base64url({ typ: 'at+jwt', kid, ...header })}.${base64url(claimsOf(world.userToken()))}`;
    return `${input}.${signature(input)}`;
  }

  const es256 = (key: KeyObject) => (input: string) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const hmac = (secret: string | Buffer) => (input: string) =>
    createHmac('sha256', secret).update(input).digest('base64url');
  const genuineSignature = () => world.userToken().split('.')[2]!;

  const NONES = ['none', 'None', 'NONE', 'nOnE', ' none', 'none\u0000', ''];

  const CASES: [string, AuditReason, () => string][] = [
    ...NONES.map(
      alg =>
        [
          `alg ${JSON.stringify(alg)} and a signature of something else`,
          'algorithm_refused',
          () => forged({ alg }, genuineSignature),
        ] as [string, AuditReason, () => string],
    ),
    ['alg "none" without a signature', 'algorithm_refused', () => forged({ alg: 'none' }, () => '')],
    ['alg "None" without a signature', 'token_malformed', () => forged({ alg: 'None' }, () => '')],
    ['alg "ES256" without a signature', 'token_malformed', () => forged({ alg: 'ES256' }, () => '')],
    ['no alg', 'token_malformed', () => forged({ alg: undefined }, genuineSignature)],
    ['an alg that is a list', 'token_malformed', () => forged({ alg: ['ES256'] }, genuineSignature)],
    [
      'HS256 with the public key (PEM) as the secret',
      'algorithm_refused',
      () => forged({ alg: 'HS256' }, hmac(issuerKey.export({ type: 'spki', format: 'pem' }))),
    ],
    [
      'HS256 with the public key (DER) as the secret',
      'algorithm_refused',
      () => forged({ alg: 'HS256' }, hmac(issuerKey.export({ type: 'spki', format: 'der' }))),
    ],
    [
      'HS256 with the public key (JWK) as the secret',
      'algorithm_refused',
      () => forged({ alg: 'HS256' }, hmac(JSON.stringify(issuerKey.export({ format: 'jwk' })))),
    ],
    ['HS256 with an empty secret', 'algorithm_refused', () => forged({ alg: 'HS256' }, hmac(''))],
    ['a genuine ES256 token that calls itself RS256', 'algorithm_refused', () => relabelled('RS256')],
    ['a genuine ES256 token that calls itself ES384', 'algorithm_refused', () => relabelled('ES384')],
    ['an algorithm in another case', 'algorithm_refused', () => forged({ alg: 'es256' }, genuineSignature)],
    [
      'a signature of zeros',
      'signature_invalid',
      () => forged({ alg: 'ES256' }, () => Buffer.alloc(64).toString('base64url')),
    ],
    ['a signature that is too short', 'signature_invalid', () => forged({ alg: 'ES256' }, () => 'AAAA')],
    [
      'a signature in DER',
      'signature_invalid',
      () =>
        forged({ alg: 'ES256' }, input => sign('sha256', Buffer.from(input), mine.privateKey).toString('base64url')),
    ],
    [
      "a key of the attacker under the issuer's kid",
      'signature_invalid',
      () => forged({ alg: 'ES256' }, es256(mine.privateKey)),
    ],
    [
      'a key of the attacker under its own kid',
      'key_unknown',
      () => forged({ alg: 'ES256', kid: 'mine' }, es256(mine.privateKey)),
    ],
    [
      'an RSA key of the attacker',
      'algorithm_refused',
      () => forged({ alg: 'RS256' }, input => sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')),
    ],
    ['its own key in the header (jwk)', 'key_unknown', () => lured({ jwk: mine.publicKey.export({ format: 'jwk' }) })],
    [
      "its own key in the header (jwk) under the issuer's kid",
      'signature_invalid',
      () => lured({ kid, jwk: mine.publicKey.export({ format: 'jwk' }) }),
    ],
    [
      'its own key in the header (jwk) and no kid',
      'signature_invalid',
      () => lured({ kid: undefined, jwk: mine.publicKey.export({ format: 'jwk' }) }),
    ],
    ['a key set to fetch (jku)', 'key_unknown', () => lured({ jku: `${lure.url}/jwks` })],
    [
      "a key set to fetch (jku) under the issuer's kid",
      'signature_invalid',
      () => lured({ kid, jku: `${lure.url}/jwks` }),
    ],
    ['a certificate to fetch (x5u)', 'key_unknown', () => lured({ x5u: `${lure.url}/cert` })],
    ['its own certificate (x5c)', 'key_unknown', () => lured({ x5c: ['MIIB'] })],
    ['a kid that is a URL', 'key_unknown', () => lured({ kid: `${lure.url}/jwks` })],
    ['a kid that is a path', 'key_unknown', () => lured({ kid: '../../../dev/null' })],
    [
      'an extension it calls critical (crit)',
      'token_malformed',
      () => world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', crit: ['exp'] }),
    ],
    ['an empty crit', 'token_malformed', () => world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', crit: [] })],
    [
      'an unencoded payload (b64)',
      'token_malformed',
      () => world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', b64: false }),
    ],
    [
      'a compressed payload (zip)',
      'token_malformed',
      () => world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', zip: 'DEF' }),
    ],
  ];

  const lured = (header: object) => forged({ alg: 'ES256', kid: 'mine', ...header }, es256(mine.privateKey));

  function relabelled(alg: string): string {
    const [, claims, signature] = world.userToken().split('.');
    return `${base64url({ alg, typ: 'at+jwt', kid })}.${claims}.${signature}`;
  }

  describe.each(ADAPTERS)('on %s', adapter => {
    let door: DoorApp;
    beforeAll(async () => void (door = await startDoor(world, { adapter })));
    afterAll(() => door.close());

    it.each(CASES)('a token with %s is refused as %s', async (_what, reason, token) => {
      expect(await door.knock(token())).toEqual(refusal(reason));
    });

    it("a genuine token is let in whatever its header says of other keys: only the issuer's own counts", async () => {
      for (const header of [
        { jku: `${lure.url}/jwks` },
        { x5u: `${lure.url}/cert` },
        { x5c: ['MIIB'] },
        { jwk: mine.publicKey.export({ format: 'jwk' }) },
        { jku: null, x5u: [], x5c: '', jwk: 7 },
      ]) {
        const token = world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', ...header });
        expect(await door.knock(token)).toMatchObject({ status: 200, opened: true });
      }
    });

    it('nothing that a token names is ever fetched', () => {
      expect(lure.requests).toEqual([]);
    });

    it("the forger's own tools make a token that passes, once the issuer's key signs", async () => {
      expect(await door.knock(world.sign(claimsOf(world.userToken()), { typ: 'at+jwt' }))).toMatchObject({
        status: 200,
        opened: true,
      });
    });
  });
});
