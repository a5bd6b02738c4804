import { claim, each, listOf, repeat, Rule } from './case.js';

export default [
  new Rule('claims', 'scope', 'RFC 6749 §3.3; RFC 8693 §4.2; RFC 9068 §2.2.3')
    .legal({
      missing: { withoutClaims: ['scope'] },
      ...claim('scope', {
        null: null,
        'empty-text': '',
        'one-space': ' ',
        'two-spaces-between': 'orders:read  orders:write',
        'spaces-at-both-ends': ' orders:read ',
        'twice-the-same': 'orders:read orders:read',
        'list-as-some-write-it': ['orders:read', 'orders:write'],
        'list-with-empty-text': ['', 'orders:read'],
        'empty-list': [],
        'every-allowed-character': "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
        urls: 'https://graph.example/Mail.Read https://graph.example/.default',
        'not-in-the-grammar': 'größe "quoted" back\\slash',
        'one-letter': 'a',
        'of-4000': repeat('orders:read-a-long-scope ', 160),
        'list-of-300': listOf('scope:#', 300),
      }),
      'list-by-its-own-name': { issuer: 'legacy', claims: { scp: ['orders:read', 'orders:write'] } },
      'text-by-its-own-name': { issuer: 'legacy', claims: { scp: 'orders:read orders:write' } },
      'other-name-of-any-form': { issuer: 'legacy', claims: { scope: 7 } },
      'of-8000': { issuer: 'named', claims: { scope: repeat('orders:read ', 666) } },
    })
    .illegal('claim_invalid', {
      ...claim('scope', {
        number: 7,
        true: true,
        false: false,
        object: { 'orders:read': true },
        'list-with-number': ['orders:read', 1],
        'list-with-null': ['orders:read', null],
        'list-in-a-list': [['orders:read']],
        'list-with-two-words-in-one-text': ['orders:read orders:write'],
        'list-with-line-break': ['orders:read\n'],
        'tab-between': 'orders:read\torders:write',
        'line-break-between': 'orders:read\norders:write',
        'no-break-space-between': 'orders:read\u00a0orders:write',
        nul: 'orders:read\u0000',
        'right-to-left-override': 'orders:\u202edaer',
      }),
      'of-8193': { issuer: 'named', claims: { scope: repeat('a', 8193) } },
      'object-by-its-own-name': { issuer: 'legacy', claims: { scp: { read: true } } },
    }),
  new Rule('claims', 'cnf', 'RFC 7800 §3; RFC 9449 §6.1; RFC 8705 §3.1')
    .legal({
      null: { claims: { cnf: null } },
      ...each(
        {
          jkt: { jkt: '{jkt}' },
          'jkt-with-the-type-of-keycloak': { jkt: '{jkt}', 'kc-jkt-type': 'DPoP' },
          'jkt-with-a-kid': { jkt: '{jkt}', kid: 'a' },
          'jkt-with-a-member-of-a-company': { 'urn:example:binding': { strength: 1 }, jkt: '{jkt}' },
          'jkt-with-null-beside': { jkt: '{jkt}', x: null },
          'jkt-with-a-list-beside': { jkt: '{jkt}', methods: ['DPoP'] },
          'jkt-with-an-empty-name-beside': { '': '', jkt: '{jkt}' },
        },
        cnf => ({ claims: { cnf }, proven: true as const }),
      ),
    })
    .illegal('proof_of_possession_unsupported', {
      ...claim('cnf', {
        text: 'jkt',
        'empty-text': '',
        number: 1,
        zero: 0,
        true: true,
        false: false,
        'empty-object': {},
        list: ['{jkt}'],
        'jkt-empty': { jkt: '' },
        'jkt-null': { jkt: null },
        'jkt-number': { jkt: 1 },
        'jkt-list': { jkt: ['{jkt}'] },
        'jkt-object': { jkt: { S256: '{jkt}' } },
        'jkt-in-capitals': { JKT: '{jkt}' },
        kid: { kid: 'a' },
        jwk: { jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } },
        jwe: { jwe: 'a.b.c.d.e' },
        jku: { jku: 'https://keys.example/jwks', kid: 'a' },
        certificate: { 'x5t#S256': '{jkt}' },
        osc: { osc: { id: 'x', ms: 'y' } },
        'method-that-nobody-knows': { 'urn:example:binding': 'x' },
      }),
      ...each(
        {
          'jkt-and-certificate': { jkt: '{jkt}', 'x5t#S256': '{jkt}' },
          'jkt-and-jwk': { jkt: '{jkt}', jwk: { kty: 'EC' } },
          'jkt-and-jwe': { jkt: '{jkt}', jwe: 'a.b.c.d.e' },
          'jkt-and-jku': { jkt: '{jkt}', jku: 'https://keys.example/jwks' },
          'jkt-and-osc': { jkt: '{jkt}', osc: {} },
        },
        cnf => ({ claims: { cnf }, proven: true as const }),
      ),
    })
    .illegal('key_binding_refused', {
      ...each(
        {
          'jkt-with-padding': { jkt: '{jkt}=' },
          'jkt-with-space': { jkt: ' {jkt}' },
          'jkt-of-another-key': { jkt: 'a'.repeat(43) },
          'jkt-of-another-hash': { jkt: 'a'.repeat(27) },
        },
        cnf => ({ claims: { cnf }, proven: true as const }),
      ),
    })
    .illegal('proof_of_possession_invalid', {
      'jkt-without-a-proof': { claims: { cnf: { jkt: '{jkt}' } } },
    }),
];
