import { each, named, type Recipe, Rule } from './case.js';

const GOOD = { from: 'a', kid: 'a' };
/** Sets are large where keys are of RSA, and those are quick to import. */
const RSA = { from: 'rsa', kid: 'one' };
const many = (times: number) => ({ from: 'rsa-2', kid: 'b-#', times });
const rsa = (alg: string, key = 'rsa'): Recipe => ({ key, header: { alg, kid: 'one' } });
const SHARED = [
  { from: 'rsa', kid: 'one', alg: 'RS256' },
  { from: 'rsa', kid: 'one', alg: 'RS384' },
  { from: 'rsa-2', kid: 'one', alg: 'RS512' },
  { from: 'a', kid: 'one' },
  { from: 'ed25519', kid: 'one' },
];
const served = (answers: Readonly<Record<string, NonNullable<Recipe['served']>>>) =>
  each(answers, answer => ({ keys: [GOOD], served: answer }));
const SET = '{"keys":[{key}]}';

export default [
  new Rule('keys', 'choice-of-a-key', 'RFC 7517 §4.5; RFC 7515 appendix D')
    .legal({
      'kid-shared-RS256': { ...rsa('RS256'), keys: SHARED },
      'kid-shared-RS384': { ...rsa('RS384'), keys: SHARED },
      'kid-shared-RS512': { ...rsa('RS512', 'rsa-2'), keys: SHARED },
      'kid-shared-ES256': { header: { kid: 'one' }, keys: SHARED },
      'kid-shared-EdDSA': { key: 'ed25519', header: { alg: 'EdDSA', kid: 'one' }, keys: SHARED },
      'listed-twice': { keys: [GOOD, GOOD] },
      'listed-twice-with-and-without-alg': { keys: [GOOD, { ...GOOD, alg: 'ES256' }] },
      'listed-twice-and-no-kid-in-the-token': { withoutHeader: ['kid'], keys: [GOOD, { ...GOOD, kid: 'again' }] },
      'no-kid-and-one-key-of-the-type': {
        withoutHeader: ['kid'],
        keys: [{ from: 'rsa' }, { from: 'a' }, { from: 'p384' }],
      },
      'no-kid-and-one-key-of-the-algorithm': {
        key: 'rsa',
        header: { alg: 'RS256' },
        withoutHeader: ['kid'],
        keys: [
          { from: 'rsa', alg: 'RS256' },
          { from: 'rsa-2', alg: 'PS256' },
        ],
      },
      'last-of-50': { ...rsa('RS256'), keys: [many(49), RSA] },
      'first-of-120': { ...rsa('RS256'), keys: [RSA, many(119)] },
      'last-of-1000': { ...rsa('RS256'), keys: [many(999), RSA] },
    })
    .illegal('key_unknown', {
      'kid-shared-and-no-such-algorithm': { ...rsa('PS256'), keys: SHARED.slice(0, 3) },
      'kid-shared-by-two-keys-that-fit': { keys: [GOOD, { from: 'b', kid: 'a' }] },
      'kid-shared-by-two-keys-with-the-same-alg': {
        keys: [
          { ...GOOD, alg: 'ES256' },
          { from: 'b', kid: 'a', alg: 'ES256' },
        ],
      },
      'no-kid-and-two-keys-that-fit': { withoutHeader: ['kid'], keys: [GOOD, { from: 'b', kid: 'b' }] },
      'no-kid-and-no-key-of-the-type': { withoutHeader: ['kid'], keys: [{ from: 'rsa' }, { from: 'p384' }] },
      'not-among-1000': { ...rsa('RS256'), keys: [many(1000)] },
    })
    .illegal('signature_invalid', {
      'kid-shared-and-signed-by-the-key-of-another-algorithm': { ...rsa('RS512', 'rsa'), keys: SHARED },
    })
    .illegal('issuer_unavailable', {
      'more-than-1000': { ...rsa('RS256'), keys: [many(1000), RSA] },
      'no-key': { keys: [] },
    }),
  new Rule('keys', 'document-of-keys', 'RFC 7517 §5; RFC 8259; RFC 9110 §15; DESIGN §4')
    .legal(
      served({
        'members-beside-the-keys': { text: '{"x":{"y":[1]},"keys":[{key}],"issuer":null,"next":"https://x.example"}' },
        'white-space': { text: '\r\n\t {\n "keys" :\r[ {key}\t]\n}\n\n' },
        'escaped-name-of-keys': { text: '{"\\u006beys":[{key}]}' },
        'media-type-of-key-sets': { text: SET, type: 'application/jwk-set+json' },
        'media-type-with-charset': { text: SET, type: 'application/json; charset=utf-8' },
        'media-type-in-capitals': { text: SET, type: 'APPLICATION/JSON' },
        'media-type-text': { text: SET, type: 'text/plain' },
        'media-type-octets': { text: SET, type: 'application/octet-stream' },
        'media-type-html': { text: SET, type: 'text/html' },
        compressed: { text: SET, gzip: true },
        'status-203': { text: SET, status: 203 },
        'of-900-kilobytes': { text: SET, size: 900_000 },
        'unicode-members': { text: '{"größe":"鍵","keys":[{key}]}' },
        'prototype-beside': { text: '{"__proto__":{"keys":[]},"keys":[{key}]}' },
      }),
    )
    .illegal('issuer_unavailable', {
      ...served({
        empty: { text: '' },
        'white-space-alone': { text: ' \n' },
        html: { text: '<!doctype html><title>Login</title>', type: 'text/html' },
        text: { text: 'Not Found' },
        'list-of-keys': { text: '[{key}]' },
        'one-key': { text: '{key}' },
        null: { text: 'null' },
        number: { text: '7' },
        token: { text: 'eyJhbGciOiJFUzI1NiJ9.e30.AA', type: 'application/jwt' },
        'no-keys': { text: '{}' },
        'keys-null': { text: '{"keys":null}' },
        'keys-one': { text: '{"keys":{key}}' },
        'keys-by-name': { text: '{"keys":{"a":{key}}}' },
        'keys-text': { text: '{"keys":"{}"}' },
        'keys-in-capitals': { text: '{"KEYS":[{key}]}' },
        'keys-at-the-prototype': { text: '{"__proto__":{"keys":[{key}]}}' },
        'keys-one-level-down': { text: '{"jwks":{"keys":[{key}]}}' },
        'keys-twice': { text: '{"keys":[],"keys":[{key}]}' },
        'member-twice-in-a-key-of-another': { text: '{"keys":[{"kid":"x","kid":"a"},{key}]}' },
        'byte-order-mark': { text: '\ufeff{"keys":[{key}]}' },
        'byte-that-is-no-utf8': { text: '{"x":"\u00ff","keys":[{key}]}', encoding: 'latin1' },
        utf16: { text: SET, encoding: 'utf16le' },
        'lone-surrogate': { text: '{"x":"\\ud800","keys":[{key}]}' },
        '33-levels': { text: `{"x":${'['.repeat(32)}${']'.repeat(32)},"keys":[{key}]}` },
        'trailing-comma': { text: '{"keys":[{key},]}' },
        comment: { text: '{/* keys */"keys":[{key}]}' },
        'text-behind': { text: '{"keys":[{key}]}x' },
        'script-prefix': { text: ')]}\',\n{"keys":[{key}]}' },
        'of-more-than-a-megabyte': { text: SET, size: 1_100_000 },
        'of-more-than-a-megabyte-compressed': { text: SET, size: 1_100_000, gzip: true },
        'cut-in-the-middle': { text: SET, cut: true },
      }),
      ...named(
        'status',
        served(
          Object.fromEntries(
            [204, 400, 401, 403, 404, 410, 429, 500, 502, 503].map(status => [`${status}`, { status, text: SET }]),
          ),
        ),
      ),
      ...named(
        'redirect',
        served(
          Object.fromEntries(
            [301, 302, 303, 307, 308].map(status => [
              `${status}`,
              { status, text: SET, location: '{server}/good-keys' },
            ]),
          ),
        ),
      ),
    }),
];
