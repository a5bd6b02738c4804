// The same hostile cases against four guards: `npm run hostile:compare`, with `-- --json` as one JSON object.
import { performance } from 'node:perf_hooks';
import { Connection } from '../connection.mjs';
import { startIssuers } from '../issuers.mjs';
import { bytesOf } from '../requests/requests.mjs';
import { CASES, CONTROL, pathOf } from './cases.mjs';
import { GUARDS } from './guards.mjs';

const TIMES = 5;
const SLOW_MS = 20;

/** What one guard says to each case, and how long it takes: the fastest of a few answers. */
async function measure(start, issuer, headers) {
  const server = await start(issuer);
  const connection = new Connection(server.port);
  try {
    const answers = {};
    for (const [name, value] of Object.entries(headers)) {
      const request = bytesOf({ path: pathOf(name), headers: [['Authorization', value]] }, '1'.padStart(32, '0'));
      let [status, ms] = [0, Infinity];
      for (let i = 0; i < TIMES; i++) {
        const started = performance.now();
        status = (await connection.send(request, 'GET'))?.status ?? 0;
        ms = Math.min(ms, performance.now() - started);
      }
      answers[name] = {
        status,
        verdict: status < 400 ? 'accepts' : status < 500 ? 'refuses' : 'fails',
        ms: Number(ms.toFixed(1)),
      };
    }
    return answers;
  } finally {
    connection.close();
    await server.close();
  }
}

function cell({ verdict, status, ms }) {
  return `${verdict === 'accepts' ? 'ACCEPTS' : verdict} ${status}${ms > SLOW_MS ? `, ${Math.round(ms)} ms` : ''}`;
}

const issuers = await startIssuers();
const issuer = issuers.acme;
const control = 'a genuine token (control)';
const headers = Object.fromEntries(
  Object.entries({ [control]: CONTROL, ...CASES }).map(([name, make]) => [name, make({ issuer })]),
);
const guards = {};
for (const [name, { start, configuration }] of Object.entries(GUARDS))
  guards[name] = { configuration, answers: await measure(start, issuer, headers) };
issuers.close();

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ cases: Object.keys(CASES), guards }));
} else {
  const names = Object.keys(GUARDS);
  const table = [
    ['', ...names],
    ...Object.keys(headers).map(name => [name, ...names.map(guard => cell(guards[guard].answers[name]))]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map(row => row[column].length)));
  for (const row of table)
    console.log(
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  console.log(
    `\n403 says that the token was believed and lacks the scope. Times over ${SLOW_MS} ms are shown: the fastest of ${TIMES}, on an idle server.\n`,
  );
  for (const [name, { configuration }] of Object.entries(GUARDS)) console.log(`${name}: ${configuration}`);
}

const { answers } = guards['nestjs-eie'];
const isSound =
  Object.keys(CASES).every(name => [400, 401].includes(answers[name].status)) &&
  Object.values(guards).every(guard => guard.answers[control].status === 200);
process.exitCode = isSound ? 0 : 1;
