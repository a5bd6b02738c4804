import { readFileSync, writeFileSync } from 'node:fs';
import { type BenchReport } from '../report.js';
import { isBenchRow } from './tables.js';

const file = new URL('./committed.json', import.meta.url);
const GROSS = 2;
/** A smaller ratio is in the noise of a short run. */
const LEAST = 0.25;

/** Ratios of the last full run, by group and name. */
type Committed = Readonly<Record<string, Readonly<Record<string, number>>>>;

export function writeCommitted({ rows }: BenchReport): void {
  const committed: Record<string, Record<string, number>> = {};
  for (const { adapter, name, ratio } of rows.filter(isBenchRow)) (committed[adapter] ??= {})[name] = ratio;
  writeFileSync(file, `${JSON.stringify(committed, undefined, 2)}\n`);
}

/** What of ours costs twice as much, beside the others of its group, as in the run that is committed. An invalid run says nothing. */
export function grossLosses({ valid, rows }: BenchReport): string[] {
  if (!valid) return [];
  const committed = JSON.parse(readFileSync(file, 'utf8')) as Committed;
  return rows.filter(isBenchRow).flatMap(({ adapter, name, ratio }) => {
    const before = committed[adapter]?.[name];
    if (before === undefined || !name.includes('nestjs-eie')) return [];
    const most = GROSS * Math.max(before, LEAST);
    return ratio > most ? [`${name} (${adapter}): ${ratio}, and ${before} in the run that is committed`] : [];
  });
}
