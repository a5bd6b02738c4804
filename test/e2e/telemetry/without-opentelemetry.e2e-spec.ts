import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it('without @opentelemetry/api the trace context is the same, and nothing fails', () => {
  const report = pathToFileURL(file('interop/trace-context/report.ts')).href;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...['--require', file('support/without-opentelemetry.cjs')],
      ...['--import', file('support/typescript-loader.mjs')],
      ...['--input-type=module', '--eval'],
      `import { createRequire } from 'node:module';
       let found = true;
       try { createRequire(${JSON.stringify(report)})('@opentelemetry/api'); } catch { found = false; }
       const { traceContextReport } = await import(${JSON.stringify(report)});
       const { passed, of } = await traceContextReport();
       console.log(JSON.stringify({ found, passed, of }));`,
    ],
    { env: { ...process.env, NODE_ENV: 'test', NODE_OPTIONS: '' }, encoding: 'utf8' },
  );
  const answer = JSON.parse(stdout.trim().split('\n').at(-1) || JSON.stringify(stderr)) as Record<string, unknown>;
  expect(answer).toEqual({ found: false, passed: answer.of, of: expect.any(Number) });
  expect(answer.of).toBeGreaterThan(100);
});
