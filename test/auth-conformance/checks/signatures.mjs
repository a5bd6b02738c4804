import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { encoded, hs256, ownKey, spellingsOf, UNKNOWN_EXTENSION, withSignature } from '../tokens/jws.mjs';

/** A verifier that opens the file or row that `kid` names has one of these as its key. */
const KEY_IDS = ['../../../../../../dev/null', '/dev/null', "x' UNION SELECT '", '|true', '__proto__'];
const EMPTY_KEYS = { 'an empty key': '', 'a zero byte': '\0' };

const algorithmOf = ({ alg }) => (/^[RP]S/.test(alg ?? '') ? 'RS256' : 'ES256');

/** `run` with the header and the claims that a valid token has. */
const forged = make => async subject => {
  const { header, claims, signature } = await subject.tokens.template();
  return subject.refuses(await make({ header, claims, signature, subject, key: ownKey(algorithmOf(header)) }));
};

export const checks = [
  {
    id: 'server-auth-unsigned-401',
    name: 'UnsignedRefused',
    level: 'MUST',
    description: 'A JWT without its signature is answered 401',
    specReferences: [MCP.tokenHandling, rfc(7515, '5.2')],
    run: forged(({ header, claims }) => ({
      'an empty signature': withSignature(header, claims, ''),
      'two parts': `${encoded(header)}.${encoded(claims)}`,
    })),
  },
  {
    id: 'server-auth-alg-none-401',
    name: 'AlgNoneRefused',
    level: 'MUST',
    description: 'A JWT that says of itself that it needs no signature is answered 401, however it is spelt',
    specReferences: [rfc(8725, '3.2'), rfc(7515, '5.2')],
    run: forged(({ header, claims, signature = 'AAAA' }) =>
      Object.fromEntries(
        ['none', 'None', 'NONE', 'nOnE'].flatMap(alg => [
          [`alg ${alg}`, withSignature({ ...header, alg }, claims, '')],
          [`alg ${alg}, with a signature`, withSignature({ ...header, alg }, claims, signature)],
        ]),
      ),
    ),
  },
  {
    id: 'server-auth-tampered-401',
    name: 'TamperedRefused',
    level: 'MUST',
    description: 'A JWT whose claims were changed under its signature is answered 401',
    specReferences: [MCP.tokenHandling, rfc(7515, '5.2')],
    run: forged(({ header, claims, signature }) => {
      if (!signature) skip('there is no valid JWT whose claims could be changed');
      return {
        'another sub': withSignature(header, { ...claims, sub: 'somebody-else' }, signature),
        'more scopes': withSignature(header, { ...claims, scope: `${claims.scope} admin` }, signature),
      };
    }),
  },
  {
    id: 'server-auth-self-signed-401',
    name: 'SelfSignedRefused',
    level: 'MUST',
    description: 'A JWT signed by another key than that of the issuer is answered 401, also under its key id',
    specReferences: [MCP.tokenHandling, rfc(7515, '5.2')],
    run: forged(({ header, claims, key }) => ({
      'the key id of the issuer': key.sign(header, claims),
      'no key id': key.sign({ ...header, kid: undefined }, claims),
      'an unknown key id': key.sign({ ...header, kid: 'unknown' }, claims),
    })),
  },
  {
    id: 'server-auth-embedded-key-401',
    name: 'EmbeddedKeyRefused',
    level: 'MUST',
    description: 'A JWT signed by the key in its own header is answered 401',
    specReferences: [rfc(8725, '3.10'), rfc(7515, '4.1.3')],
    run: forged(({ header, claims, key }) => ({
      jwk: key.sign({ ...header, kid: undefined, jwk: key.jwk }, claims),
      'jwk and key id': key.sign({ ...header, jwk: key.jwk }, claims),
    })),
  },
  {
    id: 'server-auth-key-url-not-followed',
    name: 'KeyUrlNotFollowed',
    level: 'MUST',
    description:
      'A JWT whose header says where its key is (jku, x5u, kid) is answered 401, and nothing is fetched from there',
    specReferences: [rfc(8725, '3.10')],
    async run(subject) {
      const { header, claims } = await subject.tokens.template();
      const key = ownKey(algorithmOf(header));
      const heard = subject.canary.requests.length;
      const url = `${subject.canary.url}/keys`;
      const details = await subject.refuses({
        jku: key.sign({ ...header, jku: url }, claims),
        x5u: key.sign({ ...header, x5u: url }, claims),
        kid: key.sign({ ...header, kid: url }, claims),
      });
      if (subject.canary.requests.length > heard) unmet('the server fetched a URL that a token named');
      return details;
    },
  },
  {
    id: 'server-auth-hs256-public-key',
    name: 'PublicKeyIsNoSecret',
    level: 'MUST',
    description: 'A JWT with an HMAC by the public key of the issuer, which everybody has, is answered 401',
    specReferences: [rfc(8725, '3.1')],
    run: forged(({ header, claims, subject: { tokens } }) => {
      const jwk = tokens.publicJwk ?? skip('the config has no public key of the issuer');
      return Object.fromEntries(
        Object.entries(spellingsOf(jwk)).map(([spelling, secret]) => [spelling, hs256(header, claims, secret)]),
      );
    }),
  },
  {
    id: 'server-auth-kid-injection',
    name: 'KeyIdIsNoPath',
    level: 'MUST',
    description: 'A key id that is a path, a query or a command leads to no key: 401',
    specReferences: [rfc(8725, '3.10')],
    run: forged(({ header, claims }) =>
      Object.fromEntries(
        KEY_IDS.flatMap(kid =>
          Object.entries(EMPTY_KEYS).map(([what, secret]) => [
            `${kid}, ${what}`,
            hs256({ ...header, kid }, claims, secret),
          ]),
        ),
      ),
    ),
  },
  {
    id: 'server-auth-unknown-crit-401',
    name: 'UnknownCriticalExtensionRefused',
    level: 'MUST',
    description: 'A JWT of the trusted issuer with a critical extension that the server cannot know is answered 401',
    specReferences: [rfc(7515, '4.1.11')],
    run: async subject =>
      subject.refuses({
        crit: await subject.tokens.signed({}, { crit: [UNKNOWN_EXTENSION], [UNKNOWN_EXTENSION]: true }),
      }),
  },
];
