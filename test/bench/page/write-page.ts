import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { type BenchReport } from '../report.js';
import { chart } from './chart.js';
import { isBenchRow, tables } from './tables.js';

const page = new URL('../../../docs/performance.md', import.meta.url);
const plot = new URL('../../../docs/performance.svg', import.meta.url);
const [BEGIN, END] = ['<!-- measured -->', '<!-- /measured -->'];
const PLOTTED = 'fastify, 16 connections';

/** Puts what was measured into the page about performance: its tables, and its plot. */
export async function writePage(report: BenchReport): Promise<void> {
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const [, after] = (rest ?? '').split(END);
  if (after === undefined) throw new Error(`docs/performance.md has no ${BEGIN} and ${END}.`);
  const written = `${before}${BEGIN}\n\n${tables(report)}\n\n${END}${after}`;
  const config = await resolveConfig(page);
  writeFileSync(page, await format(written, { ...config, parser: 'markdown' }));
  const rows = report.rows.filter(isBenchRow).filter(({ adapter }) => adapter === PLOTTED);
  writeFileSync(plot, chart('What a guard takes beyond one that does nothing, Nest on Fastify, 16 connections', rows));
}
