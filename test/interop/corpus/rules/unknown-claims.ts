import { claim, each, listOf, type Members, nested, repeat, Rule } from './case.js';

const JKT = 'a'.repeat(43);

/** RFC 7519 §4: "all claims that are not understood MUST be ignored". */
export default [
  new Rule('claims', 'registered-claims-of-others', 'RFC 7519 §4, §10.1; DESIGN §4.5').legal({
    ...each(
      {
        'jti-number': { jti: 7 },
        'jti-of-2000': { jti: repeat('j', 2000) },
        profile: {
          email: 'alice@shop.example',
          email_verified: true,
          name: 'Alice',
          picture: null,
          updated_at: '2026',
        },
        address: { address: { formatted: '1 Street\nTown', postal_code: 12345 } },
        azp: { azp: 'somebody-else' },
        'nonce-and-at-hash': { nonce: 'n', at_hash: 'h', c_hash: 'c' },
        'events-of-a-set': { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
        'may-act': { may_act: { sub: 'agent' } },
        'may-act-text': { may_act: 'agent' },
        'authorization-details': { authorization_details: [{ type: 'payment', amount: { value: '1.00' } }] },
        'authorization-details-text': { authorization_details: 'payment' },
        entitlements: { entitlements: [1, {}, null] },
        'groups-overage': {
          _claim_names: { groups: 'src1' },
          _claim_sources: { src1: { endpoint: 'https://graph.example' } },
        },
        'token-introspection-response': { active: false, token_type: 'Bearer', username: 'alice' },
        'txn-and-tctx': { txn: 1, tctx: 'x', rctx: null, req_wl: [] },
        'vct-and-status': { vct: 'https://c.example', status: { status_list: { idx: 1, uri: 'https://s.example' } } },
      },
      claims => ({ claims }),
    ),
    'groups-of-157': { issuer: 'named', claims: { groups: listOf('11111111-2222-3333-4444-00000000#', 157) } },
    'jti-missing': { withoutClaims: ['jti'] },
  }),
  new Rule('claims', 'header-words-in-claims', 'RFC 7515 §4; RFC 7519 §5').legal(
    each(
      {
        alg: { alg: 'none' },
        crit: { crit: ['exp'] },
        b64: { b64: false },
        zip: { zip: 'DEF' },
        jwk: { jwk: { kty: 'oct', k: 'AA' } },
        typ: { typ: 'JWT', token_type: 'ID', kid: 'b' },
        jkt: { jkt: JKT },
      },
      claims => ({ claims }),
    ),
  ),
  new Rule('claims', 'names-of-claims', 'RFC 7519 §4.2, §4.3; RFC 8259 §4')
    .legal(
      each<Members>(
        {
          uri: { 'https://shop.example/claims/department': 'sales' },
          empty: { '': 'x' },
          'white-space': { ' sub ': 'bob' },
          'other-case': { SUB: 'bob', Iss: 'https://evil.example', AUD: 'x', Exp: 1 },
          unicode: { größe: 1, 名前: 'x', '👩‍💻': true },
          dots: { 'realm_access.roles': ['admin'], 'act.sub': 'x' },
          constructor: { constructor: { prototype: { sub: 'bob' } } },
          'to-string': { toString: 'x', valueOf: 1, hasOwnProperty: false },
          'of-1000': { ['n'.repeat(1000)]: 1 },
          numeric: { 0: 'a', 1: 'b', length: 2 },
          'line-break': { 'sub\n': 'bob', 'sub\u0000': 'bob' },
        },
        claims => ({ claims }),
      ),
    )
    .legal({ prototype: { claimsText: '{…,"__proto__":{"sub":"bob","sub_profile":"service"}}' } }),
  new Rule('claims', 'values-of-claims', 'RFC 8259 §3, §6, §7').legal({
    ...claim('x', {
      null: null,
      false: false,
      'empty-text': '',
      'empty-object': {},
      'empty-list': [],
      'lists-28-deep': nested(28),
      'mixed-list': [1, 'a', null, true, {}, []],
      'text-of-4000': repeat('x', 4000),
      'list-of-500': listOf('#', 500),
      noncharacter: '\uffff',
      'byte-order-mark-inside': 'a\ufeffb',
      nul: 'a\u0000b',
      'bidirectional-control': 'a\u202eb',
      'private-use': '\ue000\u{10fffd}',
    }),
    'x-integer-beyond-2-53': { claimsText: '{…,"x":9007199254740993}' },
    'x-beyond-any-number': { claimsText: '{…,"x":1e400}' },
    'x-minus-zero': { claimsText: '{…,"x":-0}' },
    'x-sixty-digits': { claimsText: `{…,"x":0.${'1234567890'.repeat(6)}}` },
  }),
];
