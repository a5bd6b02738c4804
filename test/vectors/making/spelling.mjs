// Ways to spell a token that some reader takes and ours must not. Each takes the token as it was signed.
import { Buffer } from 'node:buffer';
import { base64url } from './parties.mjs';

/** The last character of an ES256 signature has two spare bits: set one of them. */
const spareBits = token => token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1);
const parts = edit => token => edit(token.split('.')).join('.');
const flipped = text => (text[0] === 'A' ? 'B' : 'A') + text.slice(1);

/** [id, what is wrong, how the signed token is changed] */
export const SPELLINGS = [
  ['padding', 'with padding', token => `${token}==`],
  ['spare-bits', 'with spare bits in its last character', spareBits],
  ['trailing-dot', 'with a dot at its end', token => `${token}.`],
  ['two-parts', 'without its signature', parts(([header, claims]) => [header, claims])],
  ['signature-empty', 'with an empty signature', parts(([header, claims]) => [header, claims, ''])],
  ['no-base64url', 'in no base64url', parts(([header, , signature]) => [header, '%7B%7D', signature])],
];

/** What the signature no longer covers. */
export const tamperedSignature = parts(([header, claims, signature]) => [header, claims, flipped(signature)]);
export const tamperedClaims = changes =>
  parts(([header, claims, signature]) => [
    header,
    base64url(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url')), ...changes })),
    signature,
  ]);

/** The header members that change how a token is read. */
export const REFUSED_HEADERS = [
  ['crit', { crit: ['exp'], exp: 1 }],
  ['b64', { b64: false }],
  ['zip', { zip: 'DEF' }],
];

/** The header members that would lead to a key on the word of the token. They are as if they were not there. */
export const IGNORED_HEADERS = {
  jku: 'https://keys.example/jwks.json',
  x5u: 'https://keys.example/chain.pem',
  x5c: ['MIIB'],
};

/** The JSON text of an object with a member that comes twice: the first time with another value, so that a reader for whom the last one counts sees nothing wrong. */
export const twice = (object, name, first) =>
  `{${JSON.stringify(name)}:${JSON.stringify(first)},${JSON.stringify(object).slice(1)}`;
