/** One station on the way from the user to what came of it. */
export interface Station {
  readonly part: string;
  readonly what: string;
  readonly more: string;
}

type Members = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What each mode of delegation says to the API. */
export const MODES: Readonly<Record<string, string>> = {
  service_identity: 'as the server itself',
  on_behalf_of: 'as the user, the server named as actor',
  restricted_user: 'as the user, no server named',
};

/** The way of an act as its record tells it: user, agent, tool, mode, API, outcome. What the record does not know is said to be so. */
export function chainOf(record: Members): Station[] {
  if (!text(record.type)) return [];
  if (!text(record.outcome))
    return [{ part: 'The log about itself', what: text(record.type), more: text(record.time) }];
  const calls = callsOf(record);
  const modes = [...new Set(calls.map(({ mode }) => mode))];
  return [
    whoOf(record),
    { part: 'Agent', what: agentsOf(record).join(' for ') || 'none is named', more: text(record.agent_issuer) },
    { part: 'Tool', what: text(record.handler) || 'none', more: text(record.service) },
    ...(calls.length
      ? [
          { part: 'Mode', what: modes.join(', '), more: modes.length === 1 ? (MODES[modes[0]!] ?? '') : '' },
          {
            part: 'API',
            what: [...new Set(calls.map(({ target }) => target))].join(', '),
            more: countOf(calls.length),
          },
        ]
      : [{ part: 'API', what: 'none was called', more: '' }]),
    {
      part: 'Outcome',
      what: text(record.outcome),
      more: [text(record.reason), text(record.time)].filter(Boolean).join(', '),
    },
  ];
}

function whoOf(record: Members): Station {
  const part = record.actor_type === 'service' ? 'Service, for no user' : 'User';
  const more = [text(record.tenant), text(record.actor_issuer)].filter(Boolean).join(', ');
  return { part, what: text(record.actor_sub) || 'somebody who is not identified', more };
}

/** Who called, and whom that agent acts for. */
function agentsOf({ agent_id, agent_chain }: Members): string[] {
  const chain: unknown[] = Array.isArray(agent_chain) ? agent_chain.slice(1) : [];
  return [text(agent_id), ...chain.map(one => text((one as Members | null)?.id) || '?')].filter(Boolean);
}

/** Of an execution all its calls, of a call itself. */
function callsOf({ target, delegation_mode, delegations }: Members): { target: string; mode: string }[] {
  if (text(target)) return [{ target: text(target), mode: text(delegation_mode) || 'not known' }];
  const list: unknown[] = Array.isArray(delegations) ? delegations : [];
  return list.map(one => ({
    target: text((one as Members | null)?.target) || '?',
    mode: text((one as Members | null)?.mode) || '?',
  }));
}

const countOf = (calls: number): string => (calls === 1 ? '' : `${calls} calls`);
