import { mediaType, MAX_TOKEN_LENGTH, parseCompactJws } from './compact-jws.js';

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const jws = (header: unknown, claims: unknown = { sub: 'alice' }, signature = 'AAAA') =>
  `${part(header)}.${part(claims)}.${signature}`;
const malformed = expect.objectContaining({ code: 'token_malformed' });

describe('parseCompactJws', () => {
  it('takes the three parts apart and believes none of them', () => {
    const compact = jws({ alg: 'unheard-of', typ: 'at+jwt', kid: 'k', x5t: 'ignored' }, { iss: 'https://as.test' });
    expect(parseCompactJws(compact)).toEqual({
      compact,
      header: { alg: 'unheard-of', typ: 'at+jwt', kid: 'k' },
      claims: { iss: 'https://as.test' },
    });
  });

  it.each([
    '',
    '.',
    '..',
    'a.b',
    `${jws({ alg: 'ES256' })}.d`,
    `${jws({ alg: 'ES256' })}.`,
    `.${part({})}.AAAA`,
    `${part({ alg: 'ES256' })}..AAAA`,
    `${part({ alg: 'ES256' })}.${part({})}.`,
  ])('refuses %j, which has not exactly three parts', compact =>
    expect(() => parseCompactJws(compact)).toThrow(malformed),
  );

  it.each(['AAAA=', 'AAA A', 'AA+A', 'AA/A', 'AB', 'A', 'AAAA\n', '!!!!'])(
    'refuses the signature %j, which is not canonical base64url',
    signature => {
      expect(() => parseCompactJws(jws({ alg: 'ES256' }, {}, signature))).toThrow(malformed);
    },
  );

  it.each(['null', '[]', '"text"', '7', '{', '', '{"a":1}{', '\uFEFF{}'])(
    'refuses claims of %j, which is not one JSON object',
    text => {
      expect(() => parseCompactJws(jws({ alg: 'ES256' }, text || ' '))).toThrow(malformed);
    },
  );

  it('refuses what is not UTF-8', () => {
    expect(() =>
      parseCompactJws(`${part({ alg: 'ES256' })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.AAAA`),
    ).toThrow(malformed);
  });

  it.each([{}, { alg: null }, { alg: 1 }, { alg: ['ES256'] }, { alg: 'ES256', kid: 1 }, { alg: 'ES256', typ: {} }])(
    'refuses the header %j',
    header => {
      expect(() => parseCompactJws(jws(header))).toThrow(malformed);
    },
  );

  it.each(['crit', 'b64', 'zip'])('refuses a header with %s, whatever its value', name => {
    for (const value of [null, [], '', false])
      expect(() => parseCompactJws(jws({ alg: 'ES256', [name]: value }))).toThrow(malformed);
  });

  it('takes a header that says that nothing is compressed, as PingAM writes it, and in no other word', () => {
    expect(parseCompactJws(jws({ alg: 'RS256', typ: 'JWT', zip: 'NONE' })).header).toEqual({
      alg: 'RS256',
      typ: 'JWT',
    });
    for (const zip of ['none', 'NONE ', ['NONE'], 'DEF'])
      expect(() => parseCompactJws(jws({ alg: 'RS256', zip }))).toThrow(malformed);
  });

  it.each(['jku', 'x5u', 'x5c', 'jwk', 'x5t', 'cty'])('hands nothing of %s on, whatever its value', name => {
    for (const value of [null, [], '', false, 'https://keys.test/jwks', { kty: 'EC' }])
      expect(parseCompactJws(jws({ alg: 'ES256', kid: 'k', [name]: value })).header).toEqual({
        alg: 'ES256',
        kid: 'k',
      });
  });

  it('says of an unsecured token that its algorithm is refused, signature or none', () => {
    for (const signature of ['', 'AAAA'])
      expect(() => parseCompactJws(jws({ alg: 'none' }, {}, signature))).toThrow(
        expect.objectContaining({ code: 'algorithm_refused' }),
      );
  });

  it.each(['{"alg":"ES256","alg":"none"}', '{"alg":"ES256","\\u0061lg":"RS256"}'])(
    'refuses the header %s, which says a thing twice',
    header => {
      expect(() => parseCompactJws(jws(header))).toThrow(malformed);
      expect(() => parseCompactJws(jws({ alg: 'ES256' }, '{"sub":"alice","sub":"bob"}'))).toThrow(malformed);
    },
  );

  it('refuses a token that is too long before it reads it', () => {
    expect(() => parseCompactJws('x'.repeat(MAX_TOKEN_LENGTH))).toThrow(malformed);
    expect(() => parseCompactJws('x'.repeat(MAX_TOKEN_LENGTH + 1))).toThrow(
      expect.objectContaining({ code: 'token_too_large' }),
    );
    expect(() => parseCompactJws('x'.repeat(101), 100)).toThrow(expect.objectContaining({ code: 'token_too_large' }));
  });

  it('never says in its error what the token was', () => {
    expect(() => parseCompactJws(jws({ alg: 'ES256', crit: ['https://evil.test'] }))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('evil') }),
    );
  });
});

describe('mediaType', () => {
  it.each([
    ['at+jwt', 'at+jwt'],
    ['application/at+jwt', 'at+jwt'],
    ['AT+JWT', 'at+jwt'],
    ['application/application/at+jwt', 'application/at+jwt'],
    [undefined, undefined],
  ])('reads %j as %j', (typ, expected) => {
    expect(mediaType(typ)).toBe(expected);
  });
});
