import { inspect } from 'node:util';
import { EieError } from './errors.js';
import { refusalLine } from './refusal-line.js';

const line = (error: EieError): string => refusalLine(error).message;

describe('the line about a refusal', () => {
  it('names the reason, the status, the handler, the issuer, the claim, both values and the fix', () => {
    const error = new EieError('audience_refused', {
      finding: {
        issuer: 'https://as.test',
        claim: 'aud',
        expected: ['https://mcp.test'],
        received: 'https://other.test',
      },
    });
    expect(refusalLine(error, { handler: 'get_order', traceId: 'abc' })).toEqual({
      level: 'error',
      message: expect.stringMatching(
        /^audience_refused \(401\) in get_order: The token was not issued for this server\. Issuer https:\/\/as\.test\. "aud": expected \["https:\/\/mcp\.test"\], received https:\/\/other\.test \(not verified\)\. To fix it: Have the client ask .+ Trace abc\.$/,
      ),
    });
  });

  it('names the document that failed, without its query and without a password, and how', () => {
    const error = new EieError('issuer_unavailable', {
      finding: { url: 'https://me:hush@as.test/jwks?key=hush', status: 'ECONNREFUSED' },
    });
    expect(line(error)).toContain(' https://as.test/jwks: ECONNREFUSED. To fix it: ');
    expect(line(error)).not.toContain('hush');
  });

  it('names what the authorization server said, and the scopes of the operation', () => {
    expect(line(new EieError('delegation_denied', { finding: { said: 'invalid_grant, AADSTS65001' } }))).toContain(
      'The server said invalid_grant, AADSTS65001.',
    );
    expect(line(new EieError('insufficient_scope', { scopes: ['a', 'b'] }))).toContain('Scopes of the operation: a b.');
  });

  it.each([
    ['a line feed', 'a\nERROR forged', 'a\\u{a}ERROR forged'],
    ['an escape sequence', '\u001b[2J', '\\u{1b}[2J'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a bidirectional control', 'a\u202eb', 'a\\u{202e}b'],
    ['a lone surrogate', 'a\ud800', 'a\\u{d800}'],
    ['a list with a line feed', ['a\nb'], '["a\\nb"]'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['nothing', undefined, undefined],
  ])('stays one line that reads as it is, with %s in a value from outside', (_what, received, expected) => {
    const message = line(new EieError('issuer_unknown', { finding: { claim: 'iss', received } }));
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}\u2028\p{Surrogate}]/u);
    if (expected === undefined) expect(message).not.toContain('received');
    else expect(message).toContain(`received ${expected} (not verified)`);
  });

  it('cuts a value at 128 characters', () => {
    const message = line(new EieError('issuer_unknown', { finding: { claim: 'iss', received: 'x'.repeat(10_000) } }));
    expect(message).toContain(`received ${'x'.repeat(128)}… (not verified)`);
  });

  it('shows no token that stands where an issuer or an audience belongs', () => {
    for (const length of [400, 10_000]) {
      const token = `${'h'.repeat(40)}.${'c'.repeat(length)}.${'s'.repeat(86)}`;
      for (const received of [token, [token], `Bearer ${token}`])
        expect(line(new EieError('audience_refused', { finding: { claim: 'aud', received } }))).not.toMatch(
          /h{16}|c{16}|s{16}/,
        );
    }
  });

  it('stays one line whatever a fix quotes', () => {
    const message = line(new EieError('issuer_unavailable', { finding: { fix: 'a\nERROR forged\u2028' } }));
    expect(message).not.toMatch(/[\p{Cc}\u2028]/u);
  });

  it.each([
    ['what only the operator can change', 'claim_missing', 'error'],
    ['a failure of the server', 'target_failed', 'error'],
    ['what a caller has to change', 'token_expired', 'warn'],
    ['what anybody can send without a valid token', 'issuer_unknown', 'warn'],
  ] as const)('is at the right level for %s', (_what, code, level) => {
    expect(refusalLine(new EieError(code)).level).toBe(level);
  });
});

describe('a finding', () => {
  it('is not shown by logging or serializing the error', () => {
    const error = new EieError('audience_refused', { finding: { claim: 'aud', received: 'hush' } });
    for (const text of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error)])
      expect(text).not.toContain('hush');
  });
});
