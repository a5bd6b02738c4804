/** Levels of nesting. A token or a key set has no reason for more. */
const MAX_DEPTH = 32;

const LONE_SURROGATE = /\p{Cs}/u;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON from outside that decides about identity. It is stricter than RFC 8259 where parsers differ:
 * invalid UTF-8, a byte order mark, a duplicate member, a lone surrogate and more than 32 levels are refused, so that no
 * two parsers can see different values. Runs in linear time.
 *
 * @throws SyntaxError with a fixed text: nothing of what was read enters an error
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  try {
    const json = utf8.decode(bytes);
    const value: unknown = JSON.parse(json);
    // Of members of one name JSON.parse keeps the last.
    if (countNames(json) === countMembers(value)) return value;
  } catch {
    // Refused below: the text of JSON.parse's own error quotes its input.
  }
  throw new SyntaxError('The JSON is malformed or ambiguous.');
}

/**
 * How many names of members stand in well-formed JSON. It walks it once: strings are all that has to be read, and one before a colon is a name.
 *
 * @throws SyntaxError for a lone surrogate, and for too many levels
 */
function countNames(json: string): number {
  let [names, depth] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '{':
      case '[':
        if (++depth > MAX_DEPTH) throw new SyntaxError();
        break;
      case '}':
      case ']':
        depth--;
        break;
      case '"': {
        const { end, hasEscapes } = stringAt(json, at);
        // A lone surrogate can only be written by an escape: the bytes are valid UTF-8.
        if (hasEscapes && LONE_SURROGATE.test(JSON.parse(json.slice(at, end)) as string)) throw new SyntaxError();
        if (isBeforeColon(json, end)) names++;
        at = end - 1;
        break;
      }
      default:
    }
  }
  return names;
}

/** How many members all objects in a value have together. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) count += countMembers(member);
  return count;
}

/** Where the string ends that begins here, after its quotation mark. */
function stringAt(json: string, start: number): { readonly end: number; readonly hasEscapes: boolean } {
  let [at, hasEscapes] = [start + 1, false];
  for (let code = json.charCodeAt(at); code !== QUOTE; code = json.charCodeAt(at)) {
    hasEscapes ||= code === BACKSLASH;
    at += code === BACKSLASH ? 2 : 1;
  }
  return { end: at + 1, hasEscapes };
}

function isBeforeColon(json: string, at: number): boolean {
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return json[at] === ':';
}
