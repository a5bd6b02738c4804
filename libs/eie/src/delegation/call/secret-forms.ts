/** Which characters JSON encoders escape as `\u00XX`: none, those of Go, of Gson, of .NET, and all but letters and digits. */
const ESCAPED = ['(?!)', '[<>&]', `[<>&='\u007f-\uffff]`, '["\'<>&+`\u007f-\uffff]', '[\u007f-\uffff]', '[^A-Za-z0-9]'];

/** What JSON always escapes (RFC 8259 §7), and control characters. */
const MUST = '["\\\\\\u0000-\\u001f\\u007f-\\u009f]';
const ENCODERS = ESCAPED.map(escaped => new RegExp(`(${escaped})|${MUST}`, 'g'));
/** What a signature consists of: all that an encoder may escape of it is `-` and `_`. */
const IS_BASE64URL = /^[\w-]*$/;

/**
 * A secret, and how it stands in a text that an encoder of JSON or of URLs has written: with `\"`, `\/`, `\u003d` or `\u003D`, `%3D`. Encoders
 * that escape other characters write other forms: the strings of a parsed value are searched for what they decode to.
 */
export function formsOf(secret: string): string[] {
  if (IS_BASE64URL.test(secret))
    return [...new Set([secret, ...[false, true].map(isUpper => escapedOf(secret, isUpper))])];
  // It refuses half a surrogate pair.
  const url = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd'));
  const forms = new Set([secret, url, url.replaceAll('%20', '+')]);
  for (const encoder of ENCODERS)
    for (const isUpper of [false, true]) {
      const form = secret.replace(encoder, (char: string, escaped: string | undefined) =>
        escaped === undefined ? JSON.stringify(char).slice(1, -1) : unicode(char, isUpper),
      );
      forms.add(form).add(form.replaceAll('/', '\\/'));
    }
  return [...forms];
}

const escapedOf = (secret: string, isUpper: boolean): string => secret.replace(/[-_]/g, char => unicode(char, isUpper));

function unicode(char: string, isUpper: boolean): string {
  const hex = char.charCodeAt(0).toString(16).padStart(4, '0');
  return `\\u${isUpper ? hex.toUpperCase() : hex}`;
}
