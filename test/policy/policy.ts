import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AuthZenPolicyEngine, type PolicyQuestion } from 'execution-identity';
import { CedarPolicyEngine } from 'nestjs-eie-cedar';
import { startDecisionPoint } from '../support/policy-decision-point.js';
import { agreement, builtIn, byEngine, questionOf } from './agreement.js';
import { bareCedar, bareFetch } from './bare.js';
import { cases } from './cases.js';
import { type Cost, costs } from './costs.js';
import { decidedBy, RULES } from './rules.js';

const HELP = `npm run policy [-- options]
Asks the built-in decision, Cedar and a remote decision point the same 1,000 questions, and measures what each answer costs. Then one policy
is changed in each, which the comparison must notice.

  --quick   fewer rounds of measuring
  --json    only one line at the end: what agreed, what was noticed, and the costs
  --help    this text

The exit status is 1 when two disagree, a changed policy is not noticed, or Cedar costs more than 1.2 times the bare library.`;

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const CASES = 1_000;
const LISTED = 100;
const BAR = 1.2;
const [rounds, calls] = values.quick ? [40, 20] : [200, 20];

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
const [policies, schema] = [read('policies.cedar'), read('schema.cedarschema')];
const planted = policies.replace('when { context.scopes.contains("orders:write") };', 'when { true };');

const point = await startDecisionPoint(decidedBy(RULES));
const wrong = await startDecisionPoint(decidedBy({ ...RULES, close_month: () => false }));
try {
  const all = cases(CASES);
  const cedar = new CedarPolicyEngine({ policies, schema });
  const authzen = new AuthZenPolicyEngine({ url: point.url, deadline: 10_000 });
  const { allowed, disagreements, failures } = await agreement(all, { cedar, authzen });

  // One policy is changed in each: the comparison must notice.
  const changed = {
    'cedar, cancel_order needs no scope': new CedarPolicyEngine({ policies: planted, schema }),
    'authzen, close_month is denied': new AuthZenPolicyEngine({ url: wrong.url, deadline: 10_000 }),
  };
  const noticed = [];
  for (const [name, engine] of Object.entries(changed))
    noticed.push({ planted: name, disagreements: (await agreement(all, { [name]: engine })).disagreements.length });

  const questions = await Promise.all(all.slice(0, calls).map(questionOf));
  const { signal } = new AbortController();
  const measured = await costs(
    [
      { name: 'built-in', run: i => builtIn(all[i]!) },
      { name: 'bare statefulIsAuthorized', run: bareCedar(policies, schema, questions) },
      { name: 'cedar', beside: 'bare statefulIsAuthorized', run: i => cedar.allows(questions[i]!) },
      // With the question that it is asked, and its deadline: what every engine costs.
      { name: 'cedar within decide()', beside: 'bare statefulIsAuthorized', run: i => byEngine(cedar, all[i]!) },
    ],
    rounds,
    calls,
  );
  const remote = await costs(
    [
      { name: 'bare fetch', run: bareFetch(point.url, questions) },
      { name: 'authzen', beside: 'bare fetch', run: i => authzen.allows(questions[i]!, signal) },
      { name: 'authzen within decide()', beside: 'bare fetch', run: i => byEngine(authzen, all[i]!) },
    ],
    Math.ceil(rounds / 3),
    calls,
  );
  const engines = [...measured, ...remote];
  const list = await listCost(authzen, questions[0]!);
  const report = { cases: CASES, allowed, disagreements: disagreements.length, noticed, engines, list };
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.log(`${CASES} cases, ${allowed} of them allowed, ${disagreements.length} disagreements`);
    console.table(noticed);
    console.table(engines);
    console.table(list);
  }
  for (const one of [...disagreements, ...failures].slice(0, 20)) console.error(one);
  const { ratio } = engines.find(({ name }) => name === 'cedar')!;
  const problems = [
    ...(disagreements.length || failures.length ? ['The engines do not agree.'] : []),
    ...(noticed.every(one => one.disagreements > 0)
      ? []
      : ['A policy was changed, and the comparison did not notice.']),
    ...(allowed < CASES / 5 || allowed > (CASES * 4) / 5 ? ['The cases are nearly all allowed, or all denied.'] : []),
    ...(ratio <= BAR ? [] : [`Cedar costs ${ratio} times a bare statefulIsAuthorized, more than ${BAR}.`]),
  ];
  for (const one of problems) console.error(one);
  if (problems.length) process.exitCode = 1;
} finally {
  await point.close();
  await wrong.close();
}

/** What it costs to show a list: as one question, and as one for each tool. */
async function listCost(engine: AuthZenPolicyEngine, question: PolicyQuestion): Promise<Cost[]> {
  const listed = Array.from({ length: LISTED }, (_, i) => ({ ...question, action: { name: `tool-${i}` } }));
  const { signal } = new AbortController();
  const [one, each] = [`${LISTED} tools, one request`, `${LISTED} tools, one request each`];
  return costs(
    [
      { name: one, run: () => engine.allowsEach(listed, signal) },
      { name: each, beside: one, run: () => Promise.all(listed.map(tool => engine.allows(tool, signal))) },
    ],
    3,
    2,
  );
}
