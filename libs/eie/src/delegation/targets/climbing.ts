/** How many decodings a chain of proxies and frameworks may apply before the last server reads the path. */
const MAX_DECODINGS = 4;

/**
 * Whether some server could read one segment of a path as a step up, or as more than one segment. Servers differ in what they do to a
 * path: they decode it more than once, fold full-width characters, drop `;` parameters, take a backslash for a slash. So every reading
 * is looked at: after each of at most four decodings, with each character in its compatibility form (NFKC).
 *
 * A segment that is still encoded after four decodings could climb too, and so could one that is not valid percent-encoded UTF-8.
 * It does NOT look for slashes in the segment as it is given: split the path first.
 *
 * @param segment percent-encoded, as it is sent
 */
export function couldClimb(segment: string): boolean {
  // Only here. Further inside, a lone % is a character like any other: `100%25` means `100%`.
  if (/%(?![\da-f]{2})/i.test(segment)) return true;
  let reading = folded(segment);
  for (let decodings = 0; decodings <= MAX_DECODINGS; decodings++) {
    if (isUnsafe(reading)) return true;
    const next = decoded(reading);
    if (next === reading) return false;
    if (next === undefined) return true;
    reading = folded(next);
  }
  return true;
}

/** Whether one of the segments of a path, which has no query, could climb. */
export const holdsClimbing = (path: string): boolean => path.split('/').some(couldClimb);

function isUnsafe(reading: string): boolean {
  if (/[/\\\p{Cc}]/u.test(reading)) return true;
  const name = reading.split(';', 1)[0]!.trim();
  return name === '.' || name === '..';
}

/** Each character by itself: in the whole text a combining character would hide the letter before it, as in `%2e` and an accent. */
const folded = (text: string): string => text.replace(/\P{ASCII}/gu, character => character.normalize('NFKC'));

/** What can be decoded, the way lenient servers do it; `undefined` for bytes that are not UTF-8, such as an overlong dot. */
function decoded(text: string): string | undefined {
  try {
    return text.replace(/%u[\da-f]{4}|(?:%[\da-f]{2})+/gi, escape =>
      /^%u/i.test(escape) ? String.fromCharCode(parseInt(escape.slice(2), 16)) : decodeURIComponent(escape),
    );
  } catch {
    return undefined;
  }
}
