import { deepEqual, equal, rejects } from 'node:assert/strict';
import { type ConformanceCase, eventually } from '../../ports/conformance/conformance-case.js';
import { type AuditRecord } from '../log/record-line.js';
import { areNamed, type AuditExporter } from './audit-exporter.js';

/** An exporter and its destination, which is empty at first. */
export interface ExporterAndDestination {
  readonly exporter: AuditExporter;
  /** The ids of the records that the destination has. */
  readonly received: () => Promise<readonly string[]>;
  /** Makes the destination refuse or not answer, and answer again. */
  readonly interrupt?: (isDown: boolean) => Promise<void> | void;
  readonly close?: () => Promise<void>;
}

const recordOf = (seq: number): AuditRecord =>
  ({
    seq,
    v: 1,
    id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`,
    time: '2026-11-27T12:00:00.000Z',
    type: 'execution.outcome',
    service: 'https://mcp.shop.example/mcp',
    actor_sub: 'a\\n"\\u2028\\ud800',
    outcome: 'ok',
  }) as AuditRecord;
const records = (from: number, count: number): AuditRecord[] =>
  Array.from({ length: count }, (_, i) => recordOf(from + i));
const idsOf = (all: readonly AuditRecord[]): string[] => all.map(({ id }) => id);

/**
 * What every {@link AuditExporter} must do. Run each case in your own test runner.
 *
 * @example for (const { name, run } of auditExporterConformance(create)) it(name, run);
 */
export function auditExporterConformance(create: () => Promise<ExporterAndDestination>): ConformanceCase[] {
  const withDestination = (name: string, test: (both: ExporterAndDestination) => Promise<void>): ConformanceCase => ({
    name,
    async run() {
      const both = await create();
      try {
        await test(both);
      } finally {
        await both.close?.();
      }
    },
  });
  const signal = (): AbortSignal => AbortSignal.timeout(30_000);
  return [
    withDestination('has a name that can be that of a file', async ({ exporter }) => {
      equal(areNamed([exporter]), true);
    }),
    withDestination('the destination has every record when export resolves', async ({ exporter, received }) => {
      await exporter.export(records(0, 500), signal());
      deepEqual([...(await received())].sort(), idsOf(records(0, 500)));
    }),
    withDestination('a record that comes twice is there once', async ({ exporter, received }) => {
      await exporter.export(records(0, 3), signal());
      await exporter.export(records(1, 4), signal());
      deepEqual([...(await received())].sort(), idsOf(records(0, 5)));
    }),
    withDestination('what was not taken is taken later', async ({ exporter, received, interrupt }) => {
      if (!interrupt) return;
      await interrupt(true);
      await rejects(exporter.export(records(0, 2), AbortSignal.timeout(500)));
      await interrupt(false);
      await exporter.export(records(0, 2), signal());
      const ids = await received();
      await eventually('both records arrive', () => ids.length === 2);
    }),
  ];
}
