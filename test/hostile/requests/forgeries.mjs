import { Buffer } from 'node:buffer';
import { createHmac, sign } from 'node:crypto';
import { base64url, signature } from '../issuers.mjs';

const ALGORITHMS = [
  'none',
  'None',
  'NONE',
  'nOnE',
  ' none',
  '',
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'ES256K',
  'EdDSA',
  'Ed25519',
  'ES521',
  'es256',
  'A128KW',
  'dir',
  'ECDH-ES',
  'RSA1_5',
  '__proto__',
  'toString',
];
const NO_ALGORITHMS = [null, 0, true, [], ['ES256'], { alg: 'ES256' }];
const TYPES = [
  'JWT',
  'jwt',
  'id_token',
  'id_token+jwt',
  'txntoken+jwt',
  'logout+jwt',
  'secevent+jwt',
  'dpop+jwt',
  'oauth-authz-req+jwt',
  'token-introspection+jwt',
  'rt+jwt',
  'at',
  'jwt+at',
  'at+jwt ',
  ' at+jwt',
  'at+jwt;v=1',
  'application/',
  'text/at+jwt',
  'application/application/at+jwt',
  'at\u2011jwt',
  '',
];
const KIDS = [
  '',
  ' ',
  'acme-2',
  'ACME-1',
  'acme-1 ',
  '../../../dev/null',
  '/dev/null',
  "' OR 1=1 --",
  '$(id)',
  'http://127.0.0.1:1/key',
  '__proto__',
  'constructor',
  'acme-1\u0000',
  'x'.repeat(4000),
];

const secretsOf = ({ publicKey, jwk }) => [
  publicKey.export({ type: 'spki', format: 'pem' }),
  publicKey.export({ type: 'spki', format: 'der' }),
  JSON.stringify(jwk),
  Buffer.from(jwk.x ?? jwk.n, 'base64url'),
  jwk.kid,
  '',
  'secret',
];

const hmac = (alg, secret) => input =>
  createHmac(`sha${alg.slice(2)}`, secret)
    .update(input)
    .digest('base64url');

/** A token with the claims of a genuine one under another header and signature. */
function forged(issuer, header, signed) {
  const [{ alg, kid }] = issuer.keys;
  const input = `${base64url({ alg, typ: 'at+jwt', kid, ...header })}.${base64url(issuer.claims())}`;
  return `${input}.${signed(input)}`;
}

/** Made without the issuer's key. */
const WITHOUT_THE_KEY = {
  'an algorithm of its own': ({ issuer, genuine, random }) =>
    forged(issuer, { alg: random.pick(ALGORITHMS) }, () => random.pick(['', 'AAAA', genuine.split('.')[2]])),
  'no algorithm': ({ issuer, genuine, random }) =>
    forged(issuer, { alg: random.pick([undefined, ...NO_ALGORITHMS]) }, () => genuine.split('.')[2]),
  'HMAC with the public key': ({ issuer, random }) => {
    const alg = random.pick(['HS256', 'HS384', 'HS512']);
    return forged(issuer, { alg }, hmac(alg, random.pick(secretsOf(issuer.keys[0]))));
  },
  'HMAC under an asymmetric name': ({ issuer, random }) =>
    forged(issuer, {}, hmac('HS256', random.pick(secretsOf(issuer.keys[0])))),
  'the key of somebody else': ({ issuer, mallory }) => forged(issuer, {}, input => signature(input, mallory.keys[0])),
  'the key of another issuer': ({ issuer, others }) => others[0].sign(issuer.claims(), { typ: 'at+jwt' }),
  'the issuer of somebody else': ({ issuer, mallory, random }) =>
    mallory.sign(
      issuer.claims({ iss: random.pick([mallory.url, `${issuer.url}/`, `${issuer.url}#`, issuer.url.toUpperCase()]) }),
    ),
  'a key in its header': ({ issuer, mallory, lure, random }) => {
    const { jwk } = mallory.keys[0];
    const lures = [
      { jwk },
      { jku: lure },
      { x5u: lure },
      { x5c: [mallory.keys[0].publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
      { jwk, kid: undefined },
      { jku: lure, kid: 'mine' },
      { jku: null },
      { x5u: [] },
    ];
    return forged(issuer, random.pick(lures), input => signature(input, mallory.keys[0]));
  },
  'an odd key id': ({ issuer, mallory, random }) =>
    forged(issuer, { kid: random.pick([...KIDS, 7, null, [], {}, true]) }, input => signature(input, mallory.keys[0])),
  'a signature that is none': ({ issuer, random }) => {
    const bytes = random.pick([
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      Buffer.alloc(63),
      Buffer.alloc(65),
      Buffer.alloc(128),
      Buffer.alloc(1),
      Buffer.alloc(256),
      Buffer.from('3006020100020100', 'hex'),
    ]);
    return forged(issuer, {}, () => bytes.toString('base64url'));
  },
  'other containers': ({ genuine, random }) => {
    const [header, payload, signed] = genuine.split('.');
    return random.pick([
      `${genuine}~`,
      `${genuine}~e30~`,
      `${header}..${signed}`,
      `${header}.${payload}.${signed}.${payload}.${signed}`,
      base64url({ payload, protected: header, signature: signed }),
      base64url(genuine),
      `${base64url({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' })}..AAAA.AAAA.AAAA`,
      'opaque-token',
      'null',
      '[object Object]',
    ]);
  },
};

/** Signed by the genuine key: only a strict reader refuses them. */
const WITH_THE_KEY = {
  'an extension': ({ issuer, random }) => {
    const extensions = [
      { crit: ['exp'] },
      { crit: [] },
      { crit: null },
      { crit: 'exp' },
      { crit: ['b64'], b64: false },
      { crit: ['urn:x'], 'urn:x': 1 },
      { b64: false },
      { b64: true },
      { zip: 'DEF' },
    ];
    return issuer.sign(issuer.claims(), random.pick(extensions));
  },
  'another type': ({ issuer, random }) => {
    const typ = random.pick([...(issuer.accessTokenClaim ? TYPES.slice(2) : TYPES), 7, null, ['at+jwt']]);
    return issuer.sign(issuer.claims(), { typ });
  },
  'a signature in DER': ({ issuer }) => {
    const input = issuer.sign(issuer.claims()).split('.', 2).join('.');
    return `${input}.${sign('sha256', Buffer.from(input), issuer.keys[0].alg === 'ES256' ? issuer.keys[0].privateKey : { key: issuer.keys[0].privateKey, padding: 6 }).toString('base64url')}`;
  },
  'an algorithm that its key is not for': ({ issuer, random }) => {
    const [key] = issuer.keys;
    const alg = random.pick(ALGORITHMS.filter(one => one !== key.alg));
    return issuer.sign(issuer.claims(), { alg }, key);
  },
  'a member said twice': ({ issuer, random }) => {
    const claims = JSON.stringify(issuer.claims());
    const [name, value] = random.pick([
      ['sub', '"root"'],
      ['tenant', '"evilcorp"'],
      ['scope', '"orders:admin"'],
      ['aud', '"https://other.test"'],
      ['exp', '1'],
    ]);
    const spelled = random.pick([name, `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`]);
    return issuer.sign(
      random.chance(0.5)
        ? claims.replace('{', `{"${spelled}":${value},`)
        : claims.replace(/}$/, `,"${spelled}":${value}}`),
    );
  },
  'a header member said twice': ({ issuer, random }) => {
    const [{ alg, kid }] = issuer.keys;
    const header = JSON.stringify({ alg, typ: issuer.accessTokenClaim ? 'JWT' : 'at+jwt', kid });
    return issuer.sign(
      issuer.claims(),
      header.replace(
        '{',
        `{${random.pick([`"alg":"${alg}"`, '"alg":"none"', '"\\u0061lg":"none"', '"kid":"x"', '"typ":"JWT"'])},`,
      ),
    );
  },
  'text that is not quite JSON': ({ issuer, random }) => {
    const claims = JSON.stringify(issuer.claims());
    const texts = [
      `\ufeff${claims}`,
      `${claims}x`,
      `${claims}\u0000`,
      `${claims},`,
      `[${claims}]`,
      JSON.stringify(claims),
      claims.replace(/}$/, ',}'),
      claims.replaceAll('"', "'"),
      `/**/${claims}`,
      claims.replace(/}$/, ',"x":NaN}'),
      claims.replace(/}$/, ',"x":01}'),
      'null',
      '[]',
      '""',
      '7',
      '',
      ' ',
      claims.replace(/}$/, ',"x":"\\ud800"}'),
      claims.replace(/}$/, ',"x":"\u0001"}'),
      `${claims}${claims}`,
      Buffer.concat([
        Buffer.from(claims.slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}'),
      ]),
      Buffer.from(claims, 'utf16le'),
      Buffer.concat([
        Buffer.from(claims.slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from('"}'),
      ]),
    ];
    return issuer.sign(random.pick(texts));
  },
  'nesting without end': ({ issuer, random }) => {
    const depth = random.pick([40, 200, 1000, 1400]);
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ]);
    const levels = open === '[' ? depth : Math.min(depth, 600);
    return issuer.sign(
      JSON.stringify(issuer.claims()).replace(/}$/, `,"x":${open.repeat(levels)}1${close.repeat(levels)}}`),
    );
  },
};

const FORGERIES = Object.entries({ ...WITHOUT_THE_KEY, ...WITH_THE_KEY });

/** `[forgery, text]` */
export function forgedToken(world, random) {
  const [name, make] = random.pick(FORGERIES);
  const [issuer, ...others] = random.chance(0.9) ? [world.acme, world.globex] : [world.globex, world.acme];
  return [name, make({ ...world, issuer, others, genuine: random.pick(world.genuine), random })];
}

/** A token under a key id that nobody has published. */
export const unknownKey = ({ acme, genuine }, random) =>
  `${base64url({ alg: 'ES256', typ: 'at+jwt', kid: random.hex(16) })}.${base64url(acme.claims())}.${genuine[0].split('.')[2]}`;
