/** One argument is a command of the shell as it is; of several each is quoted, as it was typed. */
export const shellCommand = (words: readonly string[]): string =>
  words.length === 1 ? words[0]! : words.map(quoted).join(' ');

/** A word as one of the shell's, whatever is in it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
