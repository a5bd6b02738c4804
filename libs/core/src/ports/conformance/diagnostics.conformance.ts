import { equal } from 'node:assert/strict';
import { type Diagnostic, type Diagnostics } from '../diagnostics.js';
import { type ConformanceCase } from './conformance-case.js';

/**
 * What every {@link Diagnostics} must do. Run each case in your own test runner.
 *
 * @example for (const { name, run } of diagnosticsConformance(create)) it(name, run);
 */
export function diagnosticsConformance(create: () => Diagnostics | Promise<Diagnostics>): ConformanceCase[] {
  const messages = ['The audit log cannot be written.', '', 'two\nlines', '\u0000\ud800', 'x'.repeat(100_000)];
  return (['error', 'warn', 'info'] as const).map(level => ({
    name: `a diagnostic of level ${level} is taken whatever it says: nothing is thrown, and nothing is to be waited for`,
    async run() {
      const diagnostics = await create();
      for (const message of messages) {
        const diagnostic: Diagnostic = { level, message };
        equal(diagnostics.report(diagnostic) as unknown, undefined);
      }
    },
  }));
}
