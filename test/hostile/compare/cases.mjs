import { createHmac } from 'node:crypto';
import { base64url, RESOURCE } from '../issuers.mjs';
import { withSpareBits } from '../requests/token-edits.mjs';

const now = () => Math.floor(Date.now() / 1000);

const hs256 = (header, claims, secret) => {
  const input = `${base64url(header)}.${base64url(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

/** The same signature bytes in another spelling: the last of its 86 characters has four bits to spare. */
function respelled(token) {
  const [header, claims, signature] = token.split('.');
  const spellings = Array.from({ length: 16 }, (_, choice) => withSpareBits(signature, { below: () => choice }));
  return `${header}.${claims}.${spellings.find(spelling => spelling !== signature)}`;
}

/** What a guard in front of `/me` should refuse with 401 (or 400), each as the value of its Authorization header. */
export const CASES = {
  'alg none': ({ issuer }) =>
    `Bearer ${base64url({ alg: 'none', typ: 'at+jwt', kid: 'acme-1' })}.${base64url(issuer.claims())}.`,
  'HS256 with the public key as the secret': ({ issuer }) =>
    `Bearer ${hs256({ alg: 'HS256', typ: 'at+jwt', kid: 'acme-1' }, issuer.claims(), issuer.keys[0].publicKey.export({ type: 'spki', format: 'pem' }))}`,
  'an extension it calls critical (crit), unknown to all': ({ issuer }) =>
    `Bearer ${issuer.sign(issuer.claims(), { crit: ['urn:test:x'], 'urn:test:x': true })}`,
  'sub said twice': ({ issuer }) =>
    `Bearer ${issuer.sign(JSON.stringify(issuer.claims()).replace(/}$/, ',"sub":"root"}'))}`,
  'another base64url spelling of the same signature': ({ issuer }) =>
    `Bearer ${respelled(issuer.sign(issuer.claims()))}`,
  'an ID token, at a client that is its own API': ({ issuer }) =>
    `Bearer ${issuer.sign({ ...issuer.claims({ nonce: 'n', azp: RESOURCE }), client_id: undefined, scope: undefined }, { typ: 'JWT' })}`,
  'a token for another audience': ({ issuer }) =>
    `Bearer ${issuer.sign(issuer.claims({ aud: 'https://orders.shop.test' }))}`,
  'expired and without the scope (401, not 403)': ({ issuer }) =>
    `Bearer ${issuer.sign(issuer.claims({ exp: now() - 60, scope: 'other' }))}`,
  'no exp': ({ issuer }) => `Bearer ${issuer.sign(issuer.claims({ exp: undefined }))}`,
  'bound to a key (cnf), sent as a bearer token': ({ issuer }) =>
    `Bearer ${issuer.sign(issuer.claims({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }))}`,
  'a header of 15.8 KB without a space': () => 'a'.repeat(15_800),
  'Bearer a b': ({ issuer }) => `Bearer ${issuer.sign(issuer.claims())} b`,
};

export const CONTROL = ({ issuer }) => `Bearer ${issuer.sign(issuer.claims())}`;

/** The one case for a handler that needs a scope. */
export const pathOf = name => (name.startsWith('expired') ? '/orders' : '/me');
