import { decodeJwt } from 'jose';
import { type AuditEvent } from 'nestjs-eie';
import { type Seen } from '../delivery-server/estimate.tools.js';
import { type MadeCall, type AuditLogs } from './calls.js';
import { type People } from './people.js';
import { type ActClaim, chain, differences, type Hop, type TwoHops } from './result.js';
import { type RecordedLog } from './audit-log.js';
import { paragraph, table } from './terminal-text.js';

/** The calls that were planned to go through both MCP servers, as each of the two tells of them. */
export function twoHops(made: MadeCall[], auditLogs: AuditLogs, { tokens }: People): TwoHops[] {
  return made
    .filter(({ planned }) => planned.hops)
    .map(({ planned, answer: { traceId, text } }) => {
      const [shop, delivery] = [
        endingOf(auditLogs['mcp-server'], traceId),
        endingOf(auditLogs['delivery-server'], traceId),
      ];
      return {
        trace_id: traceId,
        hops: [
          hop('mcp-server', shop, chain(decodeJwt<{ act?: ActClaim }>(tokens[planned.by]).act)),
          hop('delivery-server', delivery, chainIn(text)),
        ],
        joined: shop !== undefined && delivery !== undefined && userOf(shop) === userOf(delivery),
      };
    });
}

const endingOf = (auditLog: RecordedLog, traceId: string): AuditEvent | undefined =>
  auditLog.of(traceId).find(({ type, outcome }) => type === 'execution.outcome' && outcome === 'ok');

const userOf = ({ actor_issuer, actor_sub, tenant }: AuditEvent): string =>
  JSON.stringify([actor_issuer, actor_sub, tenant]);

const hop = (part: Hop['part'], ending: AuditEvent | undefined, agents: string[]): Hop => ({
  part,
  tool: ending?.handler ?? null,
  actor_sub: ending?.actor_sub ?? null,
  agent_id: ending?.agent_id ?? null,
  chain: agents,
});

/** What the delivery server's tool saw by `@Identity('agent.chain')`: it came back in the answer. */
function chainIn(answer: string): string[] {
  try {
    return (JSON.parse(answer) as { seen: Seen }).seen.chain;
  } catch {
    return [];
  }
}

export function hopDifferences(made: MadeCall[], results: TwoHops[]): string[] {
  const planned = made.flatMap(({ planned: { by, hops } }) => (hops ? [{ by, hops }] : []));
  return planned.flatMap(({ by, hops }, call) => [
    ...differences(`two hops of ${by}`, { joined: true }, { joined: results[call]?.joined }),
    ...hops.flatMap((expected, index) =>
      differences(`hop ${index + 1} of ${by}`, { ...expected }, { ...results[call]?.hops[index] }),
    ),
  ]);
}

export function hopsTable(results: TwoHops[]): string {
  const traces = results.map(({ trace_id, hops, joined }) => {
    const rows = hops.map(({ part, tool, agent_id, chain: agents }) => [
      part,
      String(tool),
      String(agent_id),
      agents.join(' over ') || 'none',
    ]);
    const users = [...new Set(hops.map(({ actor_sub }) => String(actor_sub)))].join(', ');
    return [
      `  ${joined ? 'one trace' : 'NOT JOINED:'} ${trace_id}, on behalf of ${users}`,
      table(['server', 'tool', 'executed by', 'agents in token'], rows, '    '),
    ].join('\n');
  });
  const meaning =
    "Alice's token names her agent, so the delivery company sees it behind the shop's server. Bob's token names none: to the delivery company the shop's server is all there is, and only the trace leads to the shop's audit log, which has his agent.";
  return [...traces, paragraph(meaning)].join('\n\n');
}
