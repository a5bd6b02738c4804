import { Buffer } from 'node:buffer';

/** A piece after itself until there are that many characters. */
const fill = (size, piece) => piece.repeat(Math.ceil(size / piece.length));
/** What is made of one number after another, until there are that many characters with a comma between any two. */
const series = (size, make) =>
  Array.from({ length: Math.ceil(size / (make(100_000).length + 1)) }, (_, i) => make(100_000 + i));
const each = (cases, change) => Object.fromEntries(Object.entries(cases).map(([name, make]) => [name, change(make)]));

/** JSON that is hard to read. */
const VALID = {
  'deep lists': size => `${fill(size / 2, '[')}${fill(size / 2, ']')}`,
  'deep objects': size => `${fill(size - size / 6, '{"a":')}1${fill(size / 6, '}')}`,
  'empty objects': size => `[${fill(size, '{},')}{}]`,
  'many members': size => `{${series(size, i => `"m${i}":0`).join()}}`,
  'members named by numbers': size => `{${series(size, i => `"${i}":0`).join()}}`,
  'a name many times': size => `{${fill(size, '"a":0,')}"a":0}`,
  'a duplicate name at the end': size => `{${series(size, i => `"m${i}":0`).join()},"a":1,"a":1}`,
  'names that are escapes': size => `{${series(size, i => `"\\u0061${i}":0`).join()}}`,
  escapes: size => `["${fill(size, '\\u0041\\n\\\\')}"]`,
  'many texts': size => `[${fill(size, '"",')}""]`,
  'spaces between values': size => `["a"${fill(size, ' ')},0]`,
  'spaces before colons': size => `{${series(size, i => `"m${i}"${' '.repeat(40)}:0`).join()}}`,
  'spaces at the end': size => `{}${fill(size, ' \n')}`,
  'a lone surrogate at the end': size => `["${fill(size, 'a')}\\ud800"]`,
  'pairs of surrogates, and one alone': size => `["${fill(size, '\\ud83d\\ude00')}\\ude00"]`,
  'one long number': size => `[${fill(size, '9')}]`,
};
const BROKEN = {
  'deep lists that never end': size => fill(size, '['),
  'backslashes that never end': size => `["${fill(size, '\\')}`,
  'text that never ends': size => `["${fill(size, 'a')}`,
};
const TEXTS = { ...VALID, ...BROKEN };

export const JSON_BYTES = {
  ...each(TEXTS, make => size => Buffer.from(make(size))),
  'a broken byte at the end': size => Buffer.concat([Buffer.from(`["${fill(size / 2, 'é')}`), Buffer.from([0xff])]),
};

const encoded = text => Buffer.from(text).toString('base64url');
const HEADER = encoded('{"alg":"ES256","typ":"at+jwt"}');

export const COMPACT = {
  ...each(TEXTS, make => size => `${HEADER}.${encoded(make(size * 0.75))}.AAAA`),
  dots: size => fill(size, '.'),
  parts: size => fill(size, 'e30.'),
  spaces: size => `${HEADER}.${fill(size, ' ')}.AAAA`,
  padding: size => `${HEADER}.e30${fill(size, '=')}.AAAA`,
  'a long signature': size => `${HEADER}.e30.${fill(size, 'A')}`,
  'another spelling at the end': size => `${HEADER}.${fill(size, 'AAAA')}AB.AAAA`,
};

const rsa = { kty: 'RSA', n: 'w'.repeat(342), e: 'AQAB' };
const ec = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) };
/** Parsed from that many characters. */
const parsed = make => size => JSON.parse(make(size));

/** The value of `keys`. */
const KEYS = {
  'a long modulus': size => [{ ...rsa, n: fill(size, 'x') }],
  'a long exponent': size => [{ ...rsa, e: fill(size, 'B') }],
  'a long coordinate': size => [{ ...ec, x: fill(size, 'A') }],
  'a long Edwards key': size => [{ kty: 'OKP', crv: 'Ed25519', x: fill(size, 'A') }],
  'a long curve': size => [{ ...ec, crv: fill(size, 'P') }],
  'long key ids that differ at the end': size =>
    Array.from({ length: 100 }, (_, i) => ({ ...rsa, kid: `${fill(size / 100, 'k')}${i}` })),
  'more keys than are read': size => series(size, () => ec),
  'many members': size => [{ ...parsed(VALID['many members'])(size), ...ec }],
  'many operations': size => [{ ...ec, key_ops: series(size, i => `op${i}`) }],
};
export const KEY_SETS = each(KEYS, make => size => ({ keys: make(size) }));

/** The value of a claim. */
export const CLAIMS = {
  'one long word': size => fill(size, 'a'),
  'many words': size => series(size, i => `s:${i}`).join(' '),
  spaces: size => fill(size, ' '),
  'a long word that turns its line around at the end': size => `${fill(size, 'a')}\u202e`,
  'a list of words': size => series(size, i => `s:${i}`),
  'a list of words that differ at the end': size =>
    Array.from({ length: 1000 }, (_, i) => `${fill(size / 1000, 'a')}${i}`),
  'a list that ends with a control character': size => [...series(size, i => `s:${i}`), '\u0000'],
  'a list of one long word that ends with a space': size => [`${fill(size, 'a')} `],
  'a list of letters': parsed(size => `[${fill(size, '"a",')}"a"]`),
  'deep lists': parsed(VALID['deep lists']),
};

export const ACTORS = {
  'a long chain': parsed(size => `${fill(size, '{"sub":"a","act":')}{"sub":"a"}${'}'.repeat(Math.ceil(size / 17))}`),
  'a long name': size => ({ sub: fill(size, 'a') }),
  'a name that ends with a control character': size => ({ sub: `${fill(size, 'a')}\u0007` }),
  'many members': size => ({ ...parsed(VALID['many members'])(size), sub: 'a' }),
};

/** Messages as the body parser hands them on. */
export const MESSAGES = each(VALID, parsed);

const authorization = value => ['Host', 'mcp.shop.test', 'Authorization', value];

/** Raw headers. */
export const HEADERS = {
  'a long token': size => authorization(`Bearer ${fill(size, 'a')}`),
  spaces: size => authorization(fill(size, ' ')),
  'spaces after the scheme': size => authorization(`Bearer ${fill(size, ' ')}x`),
  'a space at the end': size => authorization(`Bearer ${fill(size, 'a')} `),
  'a comma at the end': size => authorization(`Bearer ${fill(size, 'a')},`),
  'a long scheme': size => authorization(`${fill(size, 'B')} x`),
  'no scheme': size => authorization(fill(size, 'Bearer')),
  'many headers': size => [
    ...series(size, i => `X-${i}: 1`).flatMap(name => [name.slice(0, 8), '1']),
    ...authorization('Bearer x'),
  ],
  'many credentials': size => series(size, i => `Authorization: Bearer ${i}`).flatMap(line => line.split(': ')),
};

const BASE = 'https://orders.internal/api';

/** What a tool asks its fetch for, perhaps on the word of a model. */
export const PATHS = {
  slashes: size => fill(size, '/'),
  'one long segment': size => fill(size, 'a'),
  segments: size => fill(size, '/a'),
  dots: size => `/${fill(size, '.')}`,
  'segments of three dots': size => fill(size, '/...'),
  'dot segments': size => fill(size, '/..'),
  'a dot segment at the end': size => `${fill(size, '/a')}/..`,
  'an encoded slash at the end': size => `${fill(size, '/%41')}%2F`,
  'percent signs': size => `/${fill(size, '%')}`,
  'a space at the end': size => `/${fill(size, 'a')} `,
  'letters outside ASCII': size => `/${fill(size, 'é')}`,
  'lone surrogates': size => `/${fill(size, '\ud800')}`,
  'a scheme that never ends': size => fill(size, 'a+'),
  'a long query': size => `/?${fill(size, 'a="\'&')}`,
  'question marks': size => `/${fill(size, '?')}`,
  'an absolute address': size => `${BASE}/${fill(size, 'a/')}`,
  'a long host': size => `https://${fill(size, 'a')}/`,
  'a host of many labels': size => `https://${fill(size, 'a.')}test/`,
  'a host outside ASCII': size => `https://${fill(size, 'é')}.test/`,
  'a host of many labels outside ASCII': size => `https://${fill(size, 'é.')}test/`,
  'an encoded host': size => `https://xn--${fill(size, 'a')}.test/`,
  'user names': size => `https://${fill(size, 'a@')}orders.internal/api/`,
  'a long port': size => `https://orders.internal:${fill(size, '0')}/api/`,
};
