import { claim, each, repeat, Rule } from './case.js';

/** Texts that print, however odd: an identifier is compared and never parsed. */
const ODD_NAMES = {
  'one-character': 'a',
  digits: '248289761001',
  uuid: '6d1f2a0e-2b1c-4f0e-9a56-0f5a1f1c8b11',
  email: 'alice+mcp@shop.example',
  'with-a-pipe': 'auth0|507f1f77bcf86cd799439011',
  urn: 'urn:example:user:alice',
  url: 'https://shop.example/users/alice?tab=1#top',
  'distinguished-name': 'CN=Alice,OU=Sales,O=Shop\\, Inc.,C=DE',
  'windows-account': 'SHOP\\alice',
  'base64-with-padding': 'q3+/Zm9vYmFyYmF6cXV4Zm9v/w==',
  'spaces-at-both-ends': ' alice ',
  'spaces-alone': '   ',
  quotes: '"alice\'`"',
  markup: '<script>alert(1)</script>',
  template: '${alice} {{alice}} %s',
  'json-text': '{"sub":"bob"}',
  percent: 'alice%0a%00',
  path: '../../etc/passwd',
  'prototype-name': '__proto__',
  'word-null': 'null',
  'umlaut-composed': 'J\u00fcrgen',
  'umlaut-decomposed': 'Ju\u0308rgen',
  chinese: '愛麗絲',
  hebrew: 'אליס',
  'emoji-with-joiner': '👩‍💻',
  'replacement-character': 'alice\ufffd',
  'no-break-space': 'alice\u00a0smith',
  'of-1024': repeat('a', 1024),
};

/** What is no such text. */
const NO_NAMES = {
  number: 7,
  zero: 0,
  true: true,
  false: false,
  list: ['alice'],
  'empty-list': [],
  object: { value: 'alice' },
  'empty-text': '',
  'line-break': 'alice\n',
  'carriage-return': 'alice\rbob',
  tab: 'alice\tbob',
  nul: 'alice\u0000',
  escape: 'alice\u001b[2K',
  'c1-control': 'alice\u0085',
  'line-separator': 'alice\u2028bob',
  'right-to-left-override': 'alice\u202eecila',
  'bidirectional-isolate': 'alice\u2066bob',
  'of-1025': repeat('a', 1025),
};

const { 'one-character': a, uuid, url, urn, chinese, 'spaces-at-both-ends': spaces, 'of-1024': long } = ODD_NAMES;

export default [
  new Rule('claims', 'sub', 'RFC 7519 §4.1.2; RFC 9068 §2.2')
    .legal(claim('sub', ODD_NAMES))
    .illegal('claim_invalid', claim('sub', NO_NAMES))
    .illegal('claim_missing', {
      missing: { withoutClaims: ['sub'] },
      null: { claims: { sub: null } },
      'missing-with-an-email': { withoutClaims: ['sub'], claims: { email: 'alice@shop.example', username: 'alice' } },
      'missing-with-a-nested-one': { withoutClaims: ['sub'], claims: { user: { sub: 'alice' } } },
      'missing-in-another-case': { withoutClaims: ['sub'], claims: { Sub: 'alice' } },
      'missing-at-the-prototype': { withoutClaims: ['sub'], claimsText: '{…,"__proto__":{"sub":"alice"}}' },
      'missing-at-an-issuer-without-services': { issuer: 'named', withoutClaims: ['sub'] },
    }),
  new Rule('claims', 'client-id', 'RFC 8693 §4.3; RFC 9068 §2.2')
    .legal(
      claim('client_id', {
        'one-character': a,
        uuid,
        'metadata-document': url,
        urn,
        chinese,
        'spaces-at-both-ends': spaces,
        'of-1024': long,
        'of-the-issuer': 'https://login.corpus.test',
      }),
    )
    .illegal('claim_invalid', claim('client_id', NO_NAMES))
    .illegal('claim_missing', {
      missing: { withoutClaims: ['client_id'] },
      null: { claims: { client_id: null } },
      'missing-with-azp': { withoutClaims: ['client_id'], claims: { azp: 'desk' } },
      'missing-by-its-own-name': { issuer: 'legacy', withoutClaims: ['cid'], claims: { client_id: 'desk' } },
    }),
  new Rule('claims', 'tenant', 'DESIGN §3, §4.5')
    .legal({
      another: { claims: { tenant: 'globex' } },
      'of-a-service-missing': { withoutClaims: ['tenant'], claims: { sub_profile: 'service' } },
      'of-a-service-null': { claims: { sub_profile: 'service', tenant: null } },
      'nested-with-more': { issuer: 'legacy', claims: { org: { id: 'acme', name: 'Acme', children: [{}] } } },
    })
    .illegal('tenant_refused', {
      missing: { withoutClaims: ['tenant'] },
      null: { claims: { tenant: null } },
      ...each(
        {
          foreign: 'initech',
          'other-case': 'ACME',
          'space-behind': 'acme ',
          prefix: 'acm',
          longer: 'acme.evil.example',
          'two-in-one-text': 'acme globex',
          homoglyph: '\u0430cme',
          wildcard: '*',
        },
        tenant => ({ claims: { tenant } }),
      ),
      'of-a-service-foreign': { claims: { sub_profile: 'service', tenant: 'initech' } },
      'where-the-issuer-has-none': { issuer: 'named', claims: { tenant: 'acme' } },
      'nested-in-a-list': { issuer: 'legacy', claims: { org: [{ id: 'acme' }] } },
      'nested-beside-its-place': { issuer: 'legacy', claims: { org: {}, id: 'acme', tenant: 'acme' } },
    })
    .illegal('claim_invalid', {
      ...claim('tenant', {
        number: 1,
        true: true,
        list: ['acme'],
        object: { id: 'acme' },
        'empty-text': '',
        'line-break': 'acme\n',
      }),
    }),
];
