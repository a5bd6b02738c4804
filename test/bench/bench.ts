// What the library costs beside others, in one run: `npm run bench -- http | mcp | process [--json] [--quick]`.
import { parseArgs } from 'node:util';
import { benchHttp } from './http/http.bench.js';
import { benchMcp } from './mcp/mcp.bench.js';
import { benchProcess } from './process/process.bench.js';
import { pin } from './load/bench-server.js';

const PARTS = { http: benchHttp, mcp: benchMcp, process: benchProcess };

const {
  values: options,
  positionals: [part = 'http'],
} = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });

if (!Object.hasOwn(PARTS, part)) {
  console.error(`There is no part "${part}". There is: ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}
pin(process.pid, 1);
const report = await PARTS[part as keyof typeof PARTS]({ isQuick: options.quick ?? false });
if (options.json) console.log(JSON.stringify(report));
else {
  console.table(report.rows);
  console.table(report.goals);
}
if (!report.valid) {
  console.error('This run is invalid: what is the same was not measured the same. Run it again on a quiet machine.');
  if (!options.quick) process.exitCode = 1;
}
