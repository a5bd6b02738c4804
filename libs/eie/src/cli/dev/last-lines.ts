import { stripVTControlCharacters } from 'node:util';

const MAX_LINES = 40;
/** Characters of one line. */
const MAX_LENGTH = 500;
const MAX_BEGUN = 10_000;
/** What looks like a signed token: an application that prints one must not show it to whoever looks at the page. */
const TOKEN = /(?:\beyJ[\w-]{8,}|eyJ[\w-]{8,}\.eyJ[\w-]*)(?:\.[\w-]*)*/g;

/** The last lines that a program has printed, without colours and without tokens. */
export class LastLines {
  #lines: string[] = [];
  /** Of each stream, what has no line feed yet. */
  readonly #begun = new Map<string, string>();

  get lines(): readonly string[] {
    const begun = [...this.#begun.values()].filter(Boolean).map(shown);
    return [...this.#lines, ...begun].slice(-MAX_LINES);
  }

  add(stream: string, text: string): void {
    const lines = ((this.#begun.get(stream) ?? '') + text).split(/\r?\n/);
    this.#begun.set(stream, lines.pop()!.slice(-MAX_BEGUN));
    this.#lines = [...this.#lines, ...lines.map(shown)].slice(-MAX_LINES);
  }

  clear(): void {
    this.#lines = [];
    this.#begun.clear();
  }
}

function shown(line: string): string {
  const text = stripVTControlCharacters(line).replaceAll(TOKEN, '[token]');
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
