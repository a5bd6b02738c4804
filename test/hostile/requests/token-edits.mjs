import { Buffer } from 'node:buffer';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** What HTTP carries inside a header value, and readers of tokens have been seen to skip. */
const SKIPPED = [
  '\t',
  ' ',
  '\u00a0',
  '\u00ad',
  '=',
  '%20',
  '%0A',
  '%00',
  '\\n',
  '+',
  '/',
  '.',
  ',',
  ';',
  '~',
  '"',
  '\u007f',
  '\u000b',
  '\u000c',
  '\u0000',
  '\r',
  '\n',
  '\r\n ',
];

const insert = (text, at, piece) => text.slice(0, at) + piece + text.slice(at);
const replace = (text, at, piece) => text.slice(0, at) + piece + text.slice(at + 1);
const swapCase = text => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());

/** Applies `change` to one of the three parts. */
function inPart(token, random, change) {
  const parts = token.split('.');
  const at = random.below(3);
  parts[at] = change(parts[at]);
  return parts.join('.');
}

/** Another last character that decodes to the same bytes, where the length leaves bits to spare. */
export function withSpareBits(part, random) {
  const spare = { 2: 16, 3: 4 }[part.length % 4] ?? 1;
  const last = ALPHABET.indexOf(part.at(-1));
  return part.slice(0, -1) + ALPHABET[last - (last % spare) + random.below(spare)];
}

const respelled = (part, encoding) => Buffer.from(part, 'base64url').toString(encoding);

/** Edits of the text of a genuine token. Each may by chance return a genuine one again: the caller looks. */
const EDITS = {
  'a character replaced': (token, { below, pick }) => replace(token, below(token.length), pick(ALPHABET)),
  'a bit flipped': (token, { below }) => {
    const at = below(token.length);
    return replace(token, at, String.fromCharCode(token.charCodeAt(at) ^ (1 << below(8))));
  },
  'a character added': (token, { below, pick }) => insert(token, below(token.length + 1), pick(ALPHABET)),
  'a character removed': (token, { below }) => replace(token, below(token.length), ''),
  'two neighbours swapped': (token, { below }) => {
    const at = below(token.length - 1);
    return token.slice(0, at) + token[at + 1] + token[at] + token.slice(at + 2);
  },
  'cut short': (token, { below }) => token.slice(0, below(token.length)),
  'its beginning cut': (token, { below }) => token.slice(1 + below(token.length - 1)),
  'something that readers skip': (token, { below, pick }) => insert(token, below(token.length + 1), pick(SKIPPED)),
  'something that readers skip at its end': (token, { pick }) => token + pick(SKIPPED),
  'padding in a part': (token, random) => inPart(token, random, part => part + '='.repeat(1 + random.below(3))),
  'a part in plain base64': (token, random) => inPart(token, random, part => respelled(part, 'base64')),
  'a part in hexadecimal': (token, random) => inPart(token, random, part => respelled(part, 'hex')),
  'spare bits in a part': (token, random) => inPart(token, random, part => withSpareBits(part, random)),
  'a part left out': (token, random) => token.split('.').toSpliced(random.below(3), 1).join('.'),
  'an empty part': (token, random) => inPart(token, random, () => ''),
  'a part twice': (token, { below }) => {
    const [parts, at] = [token.split('.'), below(3)];
    return parts.toSpliced(at, 0, parts[at]).join('.');
  },
  'parts in another order': (token, { pick }) => {
    const [a, b, c] = token.split('.');
    return pick([
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ]).join('.');
  },
  'a part of another token': (token, random, other) => inPart(token, random, () => random.pick(other.split('.'))),
  'its counterpart of another token': (token, { below }, other) => {
    const at = below(3);
    return token.split('.').with(at, other.split('.')[at]).join('.');
  },
  'another token behind it': (token, { pick }, other) => token + pick(['', '.', ',', ', ', ' ', ';']) + other,
  'the case of a letter': (token, { below }) => {
    const at = below(token.length);
    return replace(token, at, swapCase(token[at]));
  },
  'one case for all letters': (token, { chance }) => (chance(0.5) ? token.toUpperCase() : token.toLowerCase()),
  'quotes around it': (token, { pick }) => pick(['"$"', "'$'", '<$>', '{$}', '`$`']).replace('$', token),
};

/** `[edit, text]`: a text that differs from every genuine token, in bytes that reach the application. */
export function editedToken(random, genuine) {
  const edits = Object.keys(EDITS);
  for (;;) {
    const edit = random.pick(edits);
    let text = EDITS[edit](random.pick(genuine), random, random.pick(genuine));
    const isWhole = text.split('.').every(part => part) && text.split('.').length === 3;
    if (isWhole && random.chance(0.1)) text = EDITS[random.pick(edits)](text, random, random.pick(genuine));
    // White space at the end of a header value is not part of it (RFC 9110 §5.5).
    if (!genuine.includes(text.replace(/[ \t]+$/, ''))) return [edit, text];
  }
}
