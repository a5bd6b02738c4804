const CONTEXT = 3;

/** A line as it stands in a diff, by the sign before it. */
interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

/**
 * The difference of two texts as `diff -u` writes it. A file that is new has no text before.
 *
 * @param name of the file, as it is shown
 * @returns lines without a line feed
 */
export function unifiedDiff(name: string, before: string | undefined, after: string): string[] {
  const lines = differences(linesOf(before ?? ''), linesOf(after));
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  if (!changed.length) return [];
  const output = [`--- ${before === undefined ? '/dev/null' : `a/${name}`}`, `+++ b/${name}`];
  for (const [from, to] of hunksOf(changed, lines.length)) output.push(...hunk(lines, from, to));
  return output;
}

const linesOf = (text: string): string[] => {
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

/** Ranges of lines around changes; those that touch are one. */
function hunksOf(changed: readonly number[], length: number): [from: number, to: number][] {
  const hunks: [number, number][] = [];
  for (const index of changed) {
    const [from, to] = [Math.max(0, index - CONTEXT), Math.min(length, index + CONTEXT + 1)];
    const last = hunks.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
}

function hunk(lines: readonly DiffLine[], from: number, to: number): string[] {
  const count = (part: readonly DiffLine[], other: '+' | '-'): number => part.filter(one => one.sign !== other).length;
  const [head, body] = [lines.slice(0, from), lines.slice(from, to)];
  const range = (other: '+' | '-'): string => {
    const length = count(body, other);
    return `${count(head, other) + (length ? 1 : 0)},${length}`;
  };
  return [`@@ -${range('+')} +${range('-')} @@`, ...body.map(({ sign, text }) => sign + text)];
}

/** By the longest common subsequence, after what is equal at both ends. */
function differences(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map(text => ({ sign: ' ', text }));
  return [
    ...same(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      lengths[i]![j] =
        before[i] === after[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i]! });
      [i, j] = [i + 1, j + 1];
    } else if (i < before.length && (j === after.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!))
      lines.push({ sign: '-', text: before[i++]! });
    else lines.push({ sign: '+', text: after[j++]! });
  }
  return lines;
}
