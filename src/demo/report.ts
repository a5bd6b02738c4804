import { relative } from 'node:path';
import { PARTS, resource } from '../shop/settings.js';
import { type MadeCall } from './calls.js';
import { type ObservedShop } from './observed-shop.js';
import { type Provoked } from './refusals.js';
import { type ActClaim, type CallResult, chain, type DemoResult } from './result.js';
import { type SearchResult } from './search.js';
import { pairs, paragraph, table } from './terminal-text.js';

export const INTRODUCTION = [
  'EXECUTION IDENTITY ENVELOPES',
  paragraph(
    'A shop on this machine: authorization server, MCP server, three APIs and the MCP server of the company that delivers, each a process, with real tokens over real HTTP.',
    '',
  ),
  pairs([
    ['alice of acme', 'works through "assistant": her access token itself names the agent (act)'],
    ['bob of globex', `works through "desk-copilot": only the MCP server's registry knows that agent`],
    ['night-batch', 'a machine client of acme that acts for no user'],
  ]),
  'How the MCP server calls an API:',
  pairs([
    ['on_behalf_of', "a token exchanged for the user's: the user, with the MCP server named as actor"],
    ['service_identity', "the MCP server's own token; the user is named in the signed Txn-Token only"],
    ['restricted_user', "the user's token, issued anew for one old API; the MCP server is not named"],
  ]),
  paragraph('It calls the delivery server on_behalf_of the user too, with the official MCP client.', ''),
].join('\n\n');

/** A part of the report: what it is, what it is read from, and what it shows. */
export const section = (title: string, note: string, body: string): string =>
  [title, ...(note ? [paragraph(note, '')] : []), '', body].join('\n');

/** Each call on a line, and below it what the API saw. */
export function callsTable(made: MadeCall[], results: CallResult[], shop: ObservedShop): string {
  const rows = results.map(result => [
    result.actor_type === 'service' ? `none (${result.tenant})` : `${result.actor_sub} (${result.tenant})`,
    String(result.agent_id),
    result.tool,
    result.delegation_mode ?? '-',
    result.outcome,
  ]);
  const [head, rule, ...calls] = table(['user', 'agent', 'tool', 'mode', 'outcome'], rows).split('\n');
  const below = results.map((result, index) => paragraph(seen(result, shop, made[index]!), '    '));
  return [head, rule, ...calls.flatMap((call, index) => [call, below[index]])].join('\n');
}

function seen({ downstream, trace_id, outcome }: CallResult, shop: ObservedShop, { planned }: MadeCall): string {
  if (!downstream)
    return planned.refusal
      ? `refused before any API: ${planned.refusal.title}`
      : 'no API: the tool answers by the identity alone';
  const { sub, act, aud, scope, txn_verified } = downstream;
  const api = PARTS.find(part => resource(shop.settings, part) === aud) ?? aud;
  const txn = shop.requestOf(trace_id)?.seen.txnToken?.claims as { sub: string; act?: ActClaim } | undefined;
  const named = txn && [txn.sub, ...chain(txn.act)].join(' by ');
  const saw = [
    `${api} saw sub ${sub}`,
    `act ${chain(act).join(' over ') || '-'}`,
    `scope ${scope}`,
    txn_verified ? `Txn-Token verified: ${named}` : 'no Txn-Token',
  ].join(', ');
  return outcome === 'failed' ? `${saw}; the agent is told: ${planned.says}` : saw;
}

export function refusalsTable(provoked: Provoked[], { refusals }: DemoResult): string {
  const rows = refusals.map(({ http, reason, audited }, index) => [
    http === null ? '-' : String(http),
    audited ? reason : 'NOT RECORDED',
    provoked[index]!.at,
    provoked[index]!.title,
  ]);
  return [
    table(['HTTP', 'reason, on the audit log', 'refused by', 'what was tried'], rows),
    '',
    paragraph(
      'HTTP 200: MCP tells of a refused input or call inside its answer. "-": refused inside the process, where there is no HTTP.',
    ),
  ].join('\n');
}

export function leakLines({ leaks, tokens, places, control }: SearchResult): string {
  const found = leaks.length ? leaks.map(({ place, count }) => `${count} in "${place}"`).join(', ') : 'none found';
  return [
    `${tokens} tokens of this run, searched for in ${places} places: ${found}.`,
    'The places: all that a tool or a handler could reach, requests to the APIs and the delivery server, output of all processes, audit logs.',
    `Control: ${control.planted} decoys planted, one in each place; ${control.found} found.`,
  ]
    .map(text => paragraph(text))
    .join('\n');
}

export function verdict({ ok, calls, refusals, audit }: DemoResult, problems: string[], seconds: number): string {
  const run = `${calls.length} calls, ${refusals.length} refusals, ${audit.events} audit records in ${seconds.toFixed(1)} s.`;
  return paragraph(ok ? `PASS: all as expected. ${run}` : `FAIL: ${problems.length} not as expected. ${run}`, '');
}

/** What a reader may do with what is left of the run, and after it. */
export const nextSteps = (auditFolder: string, receipt: string, page: string): string =>
  [
    'TRY NEXT',
    ...(
      [
        ['Ask the audit log of this run who acted:', `npx nestjs-eie audit who --actor alice ${auditFolder}`],
        [
          'Check the receipt of the refund, or drop it on the page in a browser:',
          `npx nestjs-eie audit check ${receipt}`,
        ],
        ['', relative(process.cwd(), page)],
        ['Keep the shop running, and call its tools yourself:', 'npm start'],
        ['Put it into a Nest project of your own:', 'docs/start.md'],
      ] as const
    ).flatMap(([what, how]) => [...(what ? [paragraph(what)] : []), `    ${how}`]),
  ].join('\n');
