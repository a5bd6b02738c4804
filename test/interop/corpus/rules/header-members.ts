import { each, listOf, named, nested, repeat, Rule } from './case.js';

const member = (name: string, values: Record<string, unknown>) =>
  named(
    name,
    each(values, value => ({ header: { [name]: value } })),
  );

/** Members that would lead to a key, or that say something else: none of them is looked at (DESIGN §4.3). */
export default [
  new Rule('header', 'ignored-members', 'RFC 7515 §4.1, §4.2, §4.3; DESIGN §4.3')
    .legal({
      ...member('jku', {
        https: 'https://keys.example/jwks.json',
        'http-on-loopback': 'http://127.0.0.1:1/jwks.json',
        file: 'file:///etc/passwd',
        data: 'data:application/json,{"keys":[]}',
        empty: '',
        null: null,
        number: 1,
        list: ['https://keys.example/jwks.json'],
      }),
      ...member('x5u', { https: 'https://keys.example/chain.pem', object: {} }),
      ...member('x5c', { list: ['MIIB'], text: 'MIIB', 'empty-list': [], 'list-of-100': listOf('MIIB#', 100) }),
      ...member('x5t', { sha1: 'dGh1bWJwcmludA', number: 1 }),
      'x5t-sha256': { header: { 'x5t#S256': 'a'.repeat(43) } },
      ...member('jwk', {
        symmetric: { kty: 'oct', k: 'c2VjcmV0' },
        malformed: { kty: 'EC' },
        text: '{"kty":"EC"}',
        null: null,
      }),
      ...member('zip', { 'that-says-that-nothing-is': 'NONE' }),
      ...member('cty', { jwt: 'JWT', json: 'application/json', number: 1 }),
      'claims-in-the-header': { header: { iss: 'https://other.example', sub: 'bob', aud: ['x'], exp: 1 } },
      'members-of-encryption': { header: { enc: 'A256GCM', epk: { kty: 'EC' }, apu: 'x', apv: 'y', p2s: 'z', p2c: 1 } },
      'chain-of-a-federation': { header: { trust_chain: ['a.b.c', 'd.e.f'] } },
      'nonce-and-ver': { header: { nonce: 'n', ver: '1.0', ppt: 'shaken', svt: [], url: 'https://x.example' } },
      'name-in-another-case': { header: { ALG: 'none', Typ: 'JWT', Crit: ['x'], KID: 'b' } },
      'names-in-unicode': { header: { größe: 1, 鍵: {}, '': null } },
      'long-value': { header: { x: repeat('x', 3000) } },
      'deep-value': { header: { x: nested(20) } },
    })
    .illegal('token_malformed', {
      ...member('crit', {
        'a-member-that-is-there': ['exp'],
        'a-member-that-is-not': ['http://example.com/UNDEFINED'],
        b64: ['b64'],
        'alg-and-typ': ['alg', 'typ'],
        'empty-list': [],
        'empty-text-in-a-list': [''],
        text: 'exp',
        object: {},
        false: false,
        null: null,
      }),
      'crit-with-b64-false': { header: { crit: ['b64'], b64: false } },
      'crit-with-b64-true': { header: { crit: ['b64'], b64: true } },
      ...member('b64', { false: false, true: true, text: 'false', null: null }),
      ...member('zip', { deflate: 'DEF', 'something-else': 'GZ', 'empty-text': '', null: null }),
    }),
  new Rule('header', 'typ', 'RFC 9068 §2.1, §4; RFC 7515 §4.1.9; RFC 8725 §3.11')
    .legal({
      ...each(
        {
          'capital-letters': 'AT+JWT',
          'mixed-letters': 'At+Jwt',
          'with-its-prefix': 'application/at+jwt',
          'with-its-prefix-in-capitals': 'APPLICATION/AT+JWT',
          'with-its-prefix-mixed': 'Application/at+JWT',
        },
        typ => ({ header: { typ } }),
      ),
      'missing-where-a-claim-decides': { issuer: 'legacy', withoutHeader: ['typ'] },
      ...named(
        'where-a-claim-decides',
        each(
          {
            lower: 'jwt',
            'with-prefix': 'application/jwt',
            'mixed-prefix': 'Application/JWT',
            'access-token': 'at+jwt',
          },
          typ => ({
            issuer: 'legacy',
            header: { typ },
          }),
        ),
      ),
      'access-token-without-the-claim': { issuer: 'legacy', header: { typ: 'at+jwt' }, withoutClaims: ['token_use'] },
      'where-a-claim-is-a-list': { issuer: 'legacy', claims: { token_use: ['x', 'access'] } },
    })
    .illegal('token_type_refused', {
      missing: { withoutHeader: ['typ'] },
      ...each(
        {
          jwt: 'JWT',
          'jwt-with-prefix': 'application/jwt',
          'empty-text': '',
          'space-before': ' at+jwt',
          'space-behind': 'at+jwt ',
          'with-a-parameter': 'at+jwt; charset=utf-8',
          'two-prefixes': 'application/application/at+jwt',
          'prefix-alone': 'application/',
          'another-prefix': 'text/at+jwt',
          longer: 'at+jwtx',
          shorter: 'at+jw',
          'a-space-for-the-plus': 'at jwt',
          'plus-percent-encoded': 'at%2bjwt',
          'as-sd-jwt': 'at+sd-jwt',
          'id-token': 'id_token+jwt',
          'logout-token': 'logout+jwt',
          'security-event': 'secevent+jwt',
          'dpop-proof': 'dpop+jwt',
          'txn-token': 'txntoken+jwt',
          introspection: 'token-introspection+jwt',
          'request-object': 'oauth-authz-req+jwt',
          'client-assertion': 'client-authentication+jwt',
          json: 'JOSE+JSON',
          bearer: 'Bearer',
          'kelvin-sign': 'at+\u212Awt',
          'dotless-letter': 'at+\u0237wt',
        },
        typ => ({ header: { typ } }),
      ),
      ...named('where-a-claim-decides', {
        'and-is-missing': { issuer: 'legacy', withoutClaims: ['token_use'] },
        'and-says-id': { issuer: 'legacy', claims: { token_use: 'id' } },
        'and-is-in-capitals': { issuer: 'legacy', claims: { token_use: 'ACCESS' } },
        'and-is-true': { issuer: 'legacy', claims: { token_use: true } },
        'and-is-an-object': { issuer: 'legacy', claims: { token_use: { access: 1 } } },
        'and-is-null': { issuer: 'legacy', claims: { token_use: null } },
        'and-the-type-is-of-an-id-token': { issuer: 'legacy', header: { typ: 'id_token+jwt' } },
        'and-the-type-is-empty': { issuer: 'legacy', header: { typ: '' } },
      }),
    })
    .illegal('token_malformed', {
      ...each({ null: null, number: 1, list: ['at+jwt'], object: {}, true: true }, typ => ({ header: { typ } })),
    }),
];
