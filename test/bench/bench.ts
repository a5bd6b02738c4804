// What the library costs beside others, in one run: `npm run bench -- http|mcp|memory|scale|all [--json] [--quick]`.
import { parseArgs } from 'node:util';
import { pin } from './load/bench-server.js';
import { benchHttp } from './http/http.bench.js';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' } },
});

pin(process.pid, 1);
const report = await benchHttp({ isQuick: options.quick ?? false });
if (options.json) console.log(JSON.stringify(report));
else console.table(report.rows);
