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
    if (isUnambiguous(json)) return value;
  } catch {
    // Refused below: the text of JSON.parse's own error quotes its input.
  }
  throw new SyntaxError('The JSON is malformed or ambiguous.');
}

/** Walks well-formed JSON once: strings are all that has to be read, and a string before a colon is a member name. */
function isUnambiguous(json: string): boolean {
  /** The names of each level so far; most levels have none. */
  const levels: (Set<string> | undefined)[] = [];
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '{':
      case '[':
        if (levels.push(undefined) > MAX_DEPTH) return false;
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case '"': {
        const [start, { end, hasEscapes }] = [at, stringAt(json, at)];
        at = end - 1;
        const isName = isBeforeColon(json, end);
        if (!isName && !hasEscapes) break;
        const text = hasEscapes ? (JSON.parse(json.slice(start, end)) as string) : json.slice(start + 1, at);
        // A lone surrogate can only be written by an escape: the bytes are valid UTF-8.
        if (hasEscapes && LONE_SURROGATE.test(text)) return false;
        if (!isName) break;
        const names = (levels[levels.length - 1] ??= new Set());
        if (names.has(text)) return false;
        names.add(text);
        break;
      }
      default:
    }
  }
  return true;
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
