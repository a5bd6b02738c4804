import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approvalDifferences, approvalLines, approvalResult, makeApprovals } from './approval.js';
import { attacks } from './attacks.js';
import { callDifferences, callResult, makeCalls, readAuditLogs } from './calls.js';
import { hopDifferences, hopsTable, twoHops } from './hops.js';
import { ObservedShop } from './observed-shop.js';
import { logInAll } from './people.js';
import { provoke, refusalDifferences, refusalResult, refusedCalls } from './refusals.js';
import { PAGE, prove, proofDifferences, proofLines } from './proof.js';
import { anchorOf } from '../shop/settings.js';
import { callsTable, INTRODUCTION, leakLines, nextSteps, refusalsTable, section, verdict } from './report.js';
import { type DemoResult, differences } from './result.js';
import { Search } from './search.js';
import { makeStepUp, stepUpDifferences, stepUpLines, stepUpResult } from './step-up.js';
import { tooWide } from './terminal-text.js';
import { whoDidWhat } from './who-did-what.js';

const startedAt = performance.now();

async function main(asJson: boolean): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'eie-demo-'));
  const shop = await ObservedShop.open(folder);
  const search = new Search(shop, folder);
  const { people, made, provoked, steps, approvals } = await play(shop, search).finally(() => shop.close());

  const auditLogs = await readAuditLogs(shop);
  const calls = made.map(call => callResult(call, auditLogs, shop));
  const hops = twoHops(made, auditLogs, people);
  const refusals = provoked.map(one => refusalResult(one, auditLogs));
  const auditLog = auditLogs['mcp-server'];
  const stepUp = stepUpResult(steps, auditLog);
  const approval = approvalResult(approvals, auditLog, shop.requests);
  const proof = await prove(auditLog, anchorOf(shop.settings));
  const audit = { events: auditLog.events.length, folder: auditLog.folder, proof };
  const problems = [
    ...made.flatMap((call, index) => callDifferences(call, calls[index]!, shop)),
    ...hopDifferences(made, hops),
    ...provoked.flatMap((one, index) => refusalDifferences(one, refusals[index]!)),
    ...stepUpDifferences(steps, stepUp, shop.minted),
    ...approvalDifferences(approval),
    ...proofDifferences(proof),
  ];
  const result: DemoResult = {
    ok: true,
    calls,
    hops,
    refusals,
    stepUp,
    approval,
    leaks: 0,
    leakControl: { planted: 0, found: 0 },
    audit,
  };

  const text = [
    INTRODUCTION,
    section('CALLS', '', callsTable(made, calls, shop)),
    section('REFUSALS', '', refusalsTable(provoked, result)),
    section(
      'STEP-UP: THE CLIENT ASKS FOR THE SCOPE THAT A TOOL NEEDS',
      'The official client reads the challenge and authorizes again by itself; the user logs in once more.',
      stepUpLines(steps, stepUp),
    ),
    section(
      'APPROVAL: A PERSON ALLOWS ONE CALL, AND NO OTHER',
      'The client asks its user. Its agent then tries what else the answer is good for.',
      approvalLines(approval),
    ),
    section(
      'WHO DID WHAT: THE USER OR THE AGENT?',
      "Read from the audit log of the MCP server alone. The probes are the demo's own attackers.",
      whoDidWhat(auditLog),
    ),
    section(
      'TWO HOPS: A TOOL THAT ASKS ANOTHER MCP SERVER FOR THE USER',
      'Read from the audit logs of both servers. The chain is what the token said, at the delivery server as its tool saw it.',
      hopsTable(hops),
    ),
    section('WHAT THE AUDIT LOG PROVES', '', proofLines(proof)),
  ].join('\n\n');
  const found = await search.run(text + JSON.stringify(result));
  result.leaks = found.leaks.reduce((sum, { count }) => sum + count, 0);
  result.leakControl = found.control;
  problems.push(
    ...differences(
      'search',
      { leaks: 0, found: found.control.planted },
      { leaks: result.leaks, found: found.control.found },
    ),
  );
  const report = `${text}\n\n${section('TOKENS', '', leakLines(found))}\n`;
  problems.push(...tooWide(report).map(line => `more than 80 columns: ${line}`));
  result.ok = problems.length === 0;

  if (asJson) {
    if (problems.length) console.error(problems.join('\n'));
    console.log(JSON.stringify(result));
  } else {
    console.log(report);
    if (problems.length) console.log(`NOT AS EXPECTED\n${problems.map(one => `  ${one}`).join('\n')}\n`);
    console.log(verdict(result, problems, (performance.now() - startedAt) / 1000));
    console.log(`\n${nextSteps(auditLog.folder, proof.receipt, PAGE)}`);
  }
  return result.ok;
}

/** Everything that happens while the shop is open. */
async function play(shop: ObservedShop, search: Search) {
  const people = await logInAll(shop);
  const made = await makeCalls(people);
  await shop.flush();
  const provoked = [...(await provoke(attacks(shop, people, made))), ...refusedCalls(made)];
  const steps = await makeStepUp(shop);
  const approvals = await makeApprovals(people);
  await search.prepare(people);
  await people.close();
  return { people, made, provoked, steps, approvals };
}

main(process.argv.includes('--json')).then(
  ok => {
    process.exitCode = ok ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
