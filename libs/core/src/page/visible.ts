/** What has no form of its own, changes the direction of writing, or ends a line. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
const MAX = 2000;

/** A text from a receipt as it is, with everything that could deceive the eye shown as its number. */
export function visible(text: string): string {
  const shown = text.replace(INVISIBLE, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
  return shown.length > MAX ? `${shown.slice(0, MAX)}…` : shown;
}
