import { hasPassed } from './suite.mjs';

export const HELP = `npm run conformance -- [--json] [--verbose]

Runs @modelcontextprotocol/conformance, on the Node that it needs, against the Nest application in fixture/: every server
scenario that the protocol revisions 2026-07-28 and 2025-11-25 require, each at the wire of its revision. The application
is behind the boundary, and a proxy on loopback adds the bearer that the suite cannot send.

  --json      nothing but one JSON object
  --verbose   what the suite itself printed, first

Suite and Node are installed into suite/ once, from the lock file there. Exits 1 unless every required scenario passed, or
failed as expected-failures.json says: a list of { requirements, scenario, reason }, whose entries must then fail.`;

/** Required scenarios that failed and were not expected to, and expectations that did not come true. */
export function surprises(suites, expectedFailures) {
  const key = ({ requirements, scenario }) => `${requirements} ${scenario}`;
  const failures = suites.flatMap(({ requirements, scenarios }) =>
    scenarios.filter(one => !hasPassed(one)).map(({ name }) => key({ requirements, scenario: name })),
  );
  const expected = expectedFailures.filter(({ reason }) => reason).map(key);
  return [
    ...failures.filter(one => !expected.includes(one)).map(one => `${one} failed`),
    ...expectedFailures
      .map(key)
      .filter(one => !expected.includes(one))
      .map(one => `${one} is expected to fail without a reason`),
    ...expected.filter(one => !failures.includes(one)).map(one => `${one} was expected to fail, and did not`),
  ];
}

export function report({ suites, expectedFailures, decisions }, { json, verbose }) {
  if (verbose) for (const { output } of suites) console.log(output);
  if (json) console.log(JSON.stringify({ suites: suites.map(counts), expectedFailures }));
  else console.log(suites.map(table).join('\n'), '\nOn the audit log:', decisions);
  for (const surprise of surprises(suites, expectedFailures)) console.error(`FAILED ${surprise}`);
}

const counts = ({ version, requirements, scenarios, required, requiredPassed }) => ({
  version,
  requirements,
  scenarios: scenarios.map(({ name, passed, failed }) => ({ name, passed, failed })),
  required,
  requiredPassed,
});

const table = ({ version, requirements, scenarios, required, requiredPassed }) =>
  [
    `\nRequired by ${requirements}, as conformance ${version} checks it`,
    ...scenarios.flatMap(one => [line(one), ...one.problems.map(problem => `      ${problem}`)]),
    `${requiredPassed} of ${required} required scenarios passed`,
  ].join('\n');

const line = one =>
  `  ${hasPassed(one) ? '✓' : '✗'} ${one.name.padEnd(46)} ${String(one.passed).padStart(3)} passed ${String(one.failed).padStart(3)} failed`;
