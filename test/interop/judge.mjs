/** Providers whose tokens are documented, and which work. */
const MIN_PROVIDERS = 22;
/** Cases of each verdict. */
const MIN_CASES = 300;
const CHECKS = ['discovery', 'keys', 'user', 'service', 'idTokenRefused', 'exchange'];

/** A line for everything that is not as it must be. A part that did not run is not judged. */
export function faultsOf({ providers, corpus, traceContext, dpop, clients }) {
  return [
    ...(providers ? ofProviders(providers) : []),
    ...(corpus ? ofCorpus(corpus) : []),
    ...(traceContext ? ofTraceContext(traceContext) : []),
    ...(dpop ? ofDpop(dpop) : []),
    ...(clients ? ofClients(clients) : []),
  ];
}

function ofProviders(providers) {
  const documented = providers.filter(({ source, reason }) => source === 'documented' && !reason).length;
  const failed = providers.flatMap(({ name, reason, ...checks }) =>
    reason ? [] : CHECKS.filter(check => isFailed(checks[check])).map(check => `providers: ${name}: ${check} fails`),
  );
  if (documented < MIN_PROVIDERS) failed.push(`providers: ${documented} are documented, and ${MIN_PROVIDERS} must be`);
  return failed;
}

/** What does not apply says so in words, such as `none: …`. */
const isFailed = verdict => verdict === false || /^failed\b/.test(verdict);

function ofCorpus({ legal, illegal, faults = [], ...counts }) {
  const small = Object.entries({ legal, illegal }).filter(([, count]) => count < MIN_CASES);
  return [
    ...small.map(([verdict, count]) => `corpus: ${count} ${verdict} cases, and ${MIN_CASES} must be`),
    ...Object.entries(counts).flatMap(([name, count]) => (count ? [`corpus: ${name} is ${count}`] : [])),
    ...faults.map(fault => `corpus: ${fault}`),
  ];
}

function ofTraceContext({ passed, of, leftOut }) {
  const failed = of - passed - leftOut.length;
  return [
    ...(failed > 0 || !of ? [`traceContext: ${failed} of ${of} cases fail`] : []),
    ...leftOut
      .filter(({ reason }) => !reason)
      .map(({ case: name }) => `traceContext: ${name} is left out without a reason`),
  ];
}

const ofDpop = ({ passed, of, failed = [] }) => [
  ...(passed < of || !of ? [`dpop: ${of - passed} of ${of} cases fail`] : []),
  ...failed.map(name => `dpop: ${name}`),
];

function ofClients(clients) {
  if (!clients.length) return ['clients: none has run'];
  return clients.filter(({ ok }) => !ok).map(({ name, detail }) => `clients: ${name}${detail ? `: ${detail}` : ''}`);
}

/** What stands in a fault, and not in the line. */
const DETAILS = ['faults', 'failed', 'detail'];

/** The report for a program, in one line. */
export const lineOf = report => JSON.stringify(report, (name, value) => (DETAILS.includes(name) ? undefined : value));

/** The report for a reader, with its faults at the end. */
export function readable({ providers, corpus, traceContext, dpop, clients }, faults) {
  return [
    ...(providers ? providerLines(providers) : []),
    ...(corpus ? corpusLines(corpus) : []),
    ...(traceContext
      ? [
          `trace context: ${traceContext.passed} of ${traceContext.of} cases`,
          ...traceContext.leftOut.map(({ case: name, reason }) => `  left out: ${name}: ${reason}`),
        ]
      : []),
    ...(dpop ? [`DPoP: ${dpop.passed} of ${dpop.of} cases`] : []),
    ...(clients ?? []).map(({ name, ok }) => `${ok ? 'ok  ' : 'FAIL'}  client ${name}`),
    '',
    ...faults.map(fault => `  - ${fault}`),
    faults.length ? `${faults.length} faults` : 'Everything is as it must be.',
  ].join('\n');
}

function providerLines(providers) {
  const width = Math.max(...providers.map(({ name }) => name.length));
  const mark = value => (value === true || value === 'ok' ? 'ok' : isFailed(value) ? 'FAIL' : '-');
  return providers.map(({ name, source, reason, ...checks }) =>
    [
      name.padEnd(width),
      ...CHECKS.map(check => `${check} ${mark(checks[check])}`.padEnd(check.length + 5)),
      source,
      reason ?? '',
    ]
      .join('  ')
      .trimEnd(),
  );
}

const corpusLines = ({ legal, refusedLegal, illegal, acceptedIllegal, unequalVerdicts, oracleDisagreements }) => [
  `corpus: ${legal} legal cases, ${refusedLegal} of them refused; ${illegal} illegal ones, ${acceptedIllegal} of them accepted`,
  `        ${unequalVerdicts} verdicts are unequal or for another reason; ${oracleDisagreements} disagreements with oracles are not explained`,
];
