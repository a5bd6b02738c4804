/** The order of P-256. */
const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The parts of a token, and each of them in the other spellings that recipes name. */
export function spelt({
  header,
  claims,
  signature,
}: {
  header: string;
  claims: string;
  signature: string;
}): Record<string, string> {
  const bytes = Buffer.from(signature, 'base64url');
  const half = bytes.length / 2;
  const text = (buffer: Buffer): string => buffer.toString('base64url');
  return {
    token: `${header}.${claims}.${signature}`,
    header,
    claims,
    signature,
    'header:spare': spare(header),
    'claims:spare': spare(claims),
    'signature:spare': spare(signature),
    'header:hex': Buffer.from(header, 'base64url').toString('hex'),
    'header:other': edited(header, { jku: 'x' }),
    'claims:bob': edited(claims, { sub: 'bob' }),
    'claims:twice': text(Buffer.from(claims)),
    // With a sign of the standard alphabet, whatever is in it.
    'claims:standard': `${claims.slice(0, -1)}+`,
    'signature:standard': `/${signature.slice(1)}`,
    'signature:short': signature.slice(0, -1),
    'signature:flipped': text(Buffer.concat([Buffer.of(bytes[0]! ^ 1), bytes.subarray(1)])),
    'signature:flipped-at-the-end': text(Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)])),
    'signature:zeros': text(Buffer.alloc(bytes.length)),
    'signature:ones': text(Buffer.alloc(bytes.length, 255)),
    'signature:swapped': text(Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)])),
    'signature:der': text(der(bytes.subarray(0, half), bytes.subarray(half))),
    'signature:half': text(bytes.subarray(0, half)),
    'signature:doubled': text(Buffer.concat([bytes, bytes])),
    'signature:order': text(Buffer.from(ORDER.repeat(2), 'hex')),
  };
}

/** The same bytes with a spare bit set in the last letter; a letter too many where there are no spare bits. */
function spare(part: string): string {
  if (part.length % 4 === 0) return `${part}A`;
  return part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1)!) + 1]!;
}

function edited(part: string, changes: object): string {
  try {
    const members = JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
    return Buffer.from(JSON.stringify({ ...members, ...changes })).toString('base64url');
  } catch {
    // Where the part is no JSON, no recipe asks for this spelling.
    return part;
  }
}

function der(...numbers: Buffer[]): Buffer {
  const integers = numbers.map(bytes => {
    const start = bytes.findIndex(byte => byte !== 0);
    const value = bytes[start]! > 127 ? Buffer.concat([Buffer.of(0), bytes.subarray(start)]) : bytes.subarray(start);
    return Buffer.concat([Buffer.of(2, value.length), value]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.of(48, body.length), body]);
}
