import { secretParts } from './secret-parts.js';

const [ONE, OTHER] = ['a'.repeat(16), 'b'.repeat(20)];

describe('the parts of a credential', () => {
  it.each([
    [`sid=${ONE}; csrf=${OTHER}; theme=dark`, [ONE, OTHER]],
    [`user=mcp, key=${ONE}`, [ONE]],
    [`Digest username="mcp", response="${ONE}"`, [ONE]],
    [`mcp, ${ONE}`, [ONE]],
    [`token=${ONE}==; v=1`, [`${ONE}==`, ONE]],
    [`key=kind=${ONE}`, [`kind=${ONE}`, ONE]],
  ])('that no answer of %j may hold are its long values', (value, secrets) => {
    const bare = value.replace('Digest ', '');
    expect(secretParts(value)).toEqual([...new Set([value, bare, ...secrets])]);
  });

  it('are not what a signature of AWS says of itself', () => {
    const signature = '5f'.repeat(32);
    const parameters = `Credential=AKIAIOSFODNN7EXAMPLE/20261127/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`;
    const value = `AWS4-HMAC-SHA256 ${parameters}`;
    expect(secretParts(value, ['x-amz-content-sha256', 'x-amz-date'])).toEqual([value, parameters, signature]);
  });

  it('are searched for alone where they are long enough', () => {
    expect(secretParts('short')).toEqual([]);
    expect(secretParts(`Bearer ${ONE}`)).toEqual([`Bearer ${ONE}`, ONE]);
  });
});
