import { readFileSync, writeFileSync } from 'node:fs';
import { type BenchReport, isSame, isValid } from '../report.js';
import { isBenchRow } from './tables.js';

const file = new URL('./measured.json', import.meta.url);
const GROSS = 2;
/** A smaller ratio is in the noise of a short run. */
const LEAST = 0.25;

const read = (): BenchReport => JSON.parse(readFileSync(file, 'utf8')) as BenchReport;

/** Puts a report in place of what was measured of the same groups before. @returns all that is measured now */
export function remember(report: BenchReport): BenchReport {
  const before = read();
  const groups = new Set(report.rows.map(({ adapter }) => adapter));
  const goals = new Set(report.goals.map(({ goal }) => goal));
  const aaTwin = { ...before.aaTwin, ...report.aaTwin };
  const rows = [...before.rows.filter(({ adapter }) => !groups.has(adapter)), ...report.rows];
  const measured: BenchReport = {
    valid: isValid(aaTwin),
    aaTwin,
    rows,
    goals: [...before.goals.filter(({ goal }) => !goals.has(goal)), ...report.goals],
  };
  writeFileSync(file, `${JSON.stringify(measured, undefined, 2)}\n`);
  return measured;
}

/** What of ours costs twice as much, beside the others of its group, as what is remembered. A group that is not valid says nothing. */
export function grossLosses({ aaTwin, rows }: BenchReport): ReadonlyMap<string, string> {
  const before = read().rows.filter(isBenchRow);
  const losses = rows.filter(isBenchRow).flatMap(({ adapter, name, ratio }) => {
    const known = before.find(row => row.adapter === adapter && row.name === name)?.ratio;
    if (known === undefined || !name.includes('nestjs-eie') || !isSame(aaTwin[adapter] ?? Infinity)) return [];
    const most = GROSS * Math.max(known, LEAST);
    return ratio > most ? [[`${name} (${adapter})`, `${ratio}, and ${known} on the page`] as const] : [];
  });
  return new Map(losses);
}
