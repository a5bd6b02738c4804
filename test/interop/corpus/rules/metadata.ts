import { type Answer, each, named, nested, Rule } from './case.js';

const URI = '{server}/good-keys';
const GOOD = { issuer: '{issuer}', jwks_uri: URI };
const TEXT = '{"issuer":"{issuer}","jwks_uri":"{server}/good-keys"}';
const GONE: Answer = { status: 404, text: 'Not Found', type: 'text/plain' };

/** The first form answers so, and there is no second. */
const openid = (answers: Readonly<Record<string, Answer>>) =>
  each(answers, answer => ({ metadata: { openid: answer, oauth: GONE } }));
const says = (documents: Readonly<Record<string, object>>) =>
  openid(Object.fromEntries(Object.entries(documents).map(([name, json]) => [name, { json: { ...GOOD, ...json } }])));

/** What is no use as a document. The second form may still answer. */
const USELESS: Readonly<Record<string, Answer>> = {
  '404': GONE,
  '401': { status: 401, text: '' },
  '403': { status: 403, text: TEXT },
  '500': { status: 500, text: TEXT },
  '503': { status: 503, text: '' },
  html: { text: '<!doctype html><title>Login</title>', type: 'text/html' },
  empty: { text: '' },
  list: { text: `[${TEXT}]` },
  null: { text: 'null' },
  'of-another-issuer': { json: { ...GOOD, issuer: 'https://evil.example' } },
  'without-keys': { json: { issuer: '{issuer}' } },
  redirect: { status: 302, text: '', location: '{server}/good-metadata' },
  'cut-in-the-middle': { text: TEXT, cut: true },
};

/** What is not the same identifier, though some compare as URLs or by prefix (RFC 8414 §3.3). */
const ISSUERS: Readonly<Record<string, unknown>> = {
  null: null,
  number: 1,
  list: ['{issuer}'],
  object: { issuer: '{issuer}' },
  'empty-text': '',
  'slash-behind': '{issuer}/',
  'query-behind': '{issuer}?',
  'fragment-behind': '{issuer}#',
  'space-behind': '{issuer} ',
  'path-below': '{issuer}/x',
  'origin-alone': '{server}',
  'path-with-dots': '{server}/x/../{id}',
  https: 'https://127.0.0.1/{id}',
  'scheme-in-capitals': 'HTTP{issuer:rest}',
  'host-by-its-name': 'http://localhost/{id}',
  'tenant-template': '{server}/{tenantid}',
  another: 'https://evil.example/{id}',
};

/** Where no keys are fetched from. */
const URIS: Readonly<Record<string, unknown>> = {
  null: null,
  number: 1,
  list: [URI],
  object: { href: URI },
  'empty-text': '',
  relative: '/good-keys',
  'without-scheme': '//127.0.0.1/good-keys',
  'http-elsewhere': 'http://keys.corpus.test/jwks',
  'http-on-all-interfaces': 'http://0.0.0.0/jwks',
  'http-on-a-private-address': 'http://10.0.0.1/jwks',
  'http-on-the-address-of-clouds': 'http://169.254.169.254/latest/meta-data',
  'http-on-a-longer-name-of-loopback': 'http://localhost.evil.example/jwks',
  ftp: 'ftp://127.0.0.1/jwks',
  file: 'file:///etc/jwks.json',
  data: 'data:application/json,{"keys":[]}',
  javascript: 'javascript:alert(1)',
  'with-user-info': 'https://user:secret@keys.corpus.test/jwks',
  'with-fragment': `${URI}#keys`,
  'that-is-no-url': 'keys',
};

export default [
  new Rule('metadata', 'well-known', 'OpenID Connect Discovery §4; RFC 8414 §3, §3.1, §5')
    .legal({
      'openid-alone': { metadata: { openid: { json: GOOD }, oauth: GONE } },
      both: { metadata: { openid: { json: GOOD }, oauth: { json: GOOD } } },
      'both-and-the-second-is-of-another': {
        metadata: { openid: { json: GOOD }, oauth: { json: { ...GOOD, issuer: 'https://evil.example' } } },
      },
      ...named(
        'oauth-where-openid-is',
        each(USELESS, openid => ({ metadata: { openid, oauth: { json: GOOD } } })),
      ),
      'path-of-several-segments': { path: 'realms/acme/v2.0', metadata: { openid: { json: GOOD }, oauth: GONE } },
      'path-of-several-segments-oauth': { path: 'realms/shop/v2.0', metadata: { openid: GONE, oauth: { json: GOOD } } },
      'path-with-a-slash-behind': { path: 'slash/', metadata: { openid: { json: GOOD }, oauth: GONE } },
      'path-with-a-slash-behind-oauth': { path: 'slash-oauth/', metadata: { openid: GONE, oauth: { json: GOOD } } },
      'path-percent-encoded': { path: 'B%C3%BCro', metadata: { openid: { json: GOOD }, oauth: GONE } },
      'path-in-capitals': { path: 'ACME', metadata: { openid: { json: GOOD }, oauth: GONE } },
    })
    .illegal('issuer_unavailable', {
      ...named(
        'nowhere',
        each({ '404': GONE, '500': { status: 500, text: '' } }, answer => ({
          metadata: { openid: answer, oauth: answer },
        })),
      ),
      ...named(
        'both',
        each(
          Object.fromEntries(Object.entries(USELESS).filter(([name]) => !['404', '500'].includes(name))),
          answer => ({ metadata: { openid: answer, oauth: answer } }),
        ),
      ),
    }),
  new Rule('metadata', 'document', 'RFC 8414 §2, §3.2; RFC 8259')
    .legal({
      ...says({
        'members-of-a-usual-server': {
          authorization_endpoint: '{issuer}/authorize',
          token_endpoint: '{issuer}/token',
          response_types_supported: ['code'],
          id_token_signing_alg_values_supported: ['RS256'],
          subject_types_supported: ['public'],
        },
        'members-of-another-form': { token_endpoint: null, scopes_supported: 'openid', response_types_supported: {} },
        'members-that-nobody-knows': { 'urn:x': { y: [1] }, kerberos_endpoint: '{issuer}/kerberos', größe: '鍵' },
        'signed-metadata': { signed_metadata: 'a.b.c' },
        'aliases-for-certificates': { mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example/token' } },
        'deep-members': { x: nested(28) },
        'keys-at-an-odd-path': { jwks_uri: '{server}/good-keys?tenant=a%20b&x=1' },
        'keys-by-the-other-name-of-loopback': { jwks_uri: '{server:localhost}/good-keys' },
        'keys-inside-the-document-too': { jwks: { keys: [] } },
      }),
      ...openid({
        'white-space': { text: ` \r\n\t${TEXT.replace(':', ' :\n ')}\n` },
        'escaped-slashes': { text: TEXT.replace('{server}/good', '{server}\\/good') },
        'escaped-names': { text: TEXT.replace('issuer', '\\u0069ssuer') },
        'media-type-text': { text: TEXT, type: 'text/plain' },
        'media-type-with-charset': { text: TEXT, type: 'application/json;charset=UTF-8' },
        'media-type-of-problems': { text: TEXT, type: 'application/problem+json' },
        compressed: { text: TEXT, gzip: true },
        'of-500-kilobytes': { text: TEXT, size: 500_000 },
        'prototype-beside': { text: TEXT.replace('{', '{"__proto__":{"issuer":"x"},') },
      }),
    })
    .illegal('issuer_unavailable', {
      'issuer-missing': { metadata: { openid: { json: { jwks_uri: URI } }, oauth: GONE } },
      ...named('issuer', says(Object.fromEntries(Object.entries(ISSUERS).map(([name, issuer]) => [name, { issuer }])))),
      ...named('keys', says(Object.fromEntries(Object.entries(URIS).map(([name, jwks_uri]) => [name, { jwks_uri }])))),
      ...says({
        'keys-that-are-not-there': { jwks_uri: '{server}/no-keys' },
        'keys-that-redirect': { jwks_uri: '{server}/moved-keys' },
        'keys-that-are-the-metadata': { jwks_uri: '{issuer}/.well-known/openid-configuration' },
      }),
      ...openid({
        'issuer-twice': { text: TEXT.replace('{', '{"issuer":"https://evil.example",') },
        'issuer-twice-the-same': { text: TEXT.replace('{', '{"issuer":"{issuer}",') },
        'keys-twice': { text: TEXT.replace('{', '{"jwks_uri":"https://evil.example/jwks",') },
        'member-twice': { text: TEXT.replace('{', '{"x":1,"x":2,') },
        'issuer-at-the-prototype': { text: '{"__proto__":{"issuer":"{issuer}"},"jwks_uri":"{server}/good-keys"}' },
        'one-level-down': { text: `{"metadata":${TEXT}}` },
        'text-of-a-document': { text: JSON.stringify(TEXT) },
        'byte-order-mark': { text: `\ufeff${TEXT}` },
        'byte-that-is-no-utf8': { text: TEXT.replace('{', '{"x":"\u00ff",'), encoding: 'latin1' },
        utf16: { text: TEXT, encoding: 'utf16le' },
        'lone-surrogate': { text: TEXT.replace('{', '{"x":"\\udc00",') },
        '33-levels': { json: { ...GOOD, x: nested(32) } },
        'of-more-than-a-megabyte': { text: TEXT, size: 1_100_000 },
        'text-behind': { text: `${TEXT}x` },
        'trailing-comma': { text: TEXT.replace('s"}', 's",}') },
      }),
    }),
];
