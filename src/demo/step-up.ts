import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { userToken } from '../shop/access-token.js';
import { AGENT_IN_REGISTRY } from '../shop/registrations.js';
import { origin, resource } from '../shop/settings.js';
import { Agent, type Answer } from './agent.js';
import { outcomeOf } from './calls.js';
import { type ObservedShop } from './observed-shop.js';
import { differences, type StepUp } from './result.js';
import { SignedIn } from './signed-in.js';
import { isRefusal, type RecordedLog, whoAndWhat } from './audit-log.js';
import { pairs } from './terminal-text.js';

/** The same call twice, and the token of each. */
export interface Steps {
  tool: string;
  refused: Answer;
  allowed: Answer;
  tokens: [first: string, second: string];
}

const SCOPE = 'orders:read';
const TOOL = 'cancel_order';
const EXPECTED: StepUp = {
  user: 'bob',
  before: [SCOPE],
  challenged: ['orders:write'],
  after: [SCOPE, 'orders:write'],
  outcome: 'ok',
  audited: true,
};

/** Bob has let his agent read, and it is asked to cancel. The last use of his order: afterwards it is cancelled. */
export async function makeStepUp({ settings }: ObservedShop): Promise<Steps> {
  const [issuer, url] = [origin(settings, 'authorization-server'), resource(settings, 'mcp-server')];
  const first = await userToken('bob', AGENT_IN_REGISTRY, { issuer, resource: url, scope: SCOPE });
  const bob = new SignedIn('bob', AGENT_IN_REGISTRY, { issuer, access_token: first, scope: SCOPE });
  const agent = new Agent(url, bob, '2026-07-28');
  const cancel = (): Promise<Answer> => agent.call(TOOL, { order_id: 'G-2001' });
  try {
    await agent.connect();
    const refused = await cancel();
    if (bob.callback.has('code')) await agent.finishAuth(bob.callback);
    return { tool: TOOL, refused, allowed: await cancel(), tokens: [first, bob.tokens().access_token] };
  } finally {
    await agent.close();
  }
}

/** The scopes are read from the tokens and from the challenge, the rest from the audit log. */
export function stepUpResult({ refused, allowed, tokens }: Steps, auditLog: RecordedLog): StepUp {
  const refusal = auditLog.of(refused.traceId).find(isRefusal);
  const events = auditLog.of(allowed.traceId);
  const [before, after] = tokens.map(token => words(decodeJwt<{ scope?: string }>(token).scope)) as [
    string[],
    string[],
  ];
  const outcome = outcomeOf(events);
  return {
    user: events[0]?.actor_sub ?? null,
    before,
    challenged: challengedScopes(refused),
    after,
    outcome,
    audited:
      refusal?.reason === 'insufficient_scope' &&
      outcome === 'ok' &&
      events.every(
        event =>
          whoAndWhat(event) === whoAndWhat(refusal) &&
          auditLog.events.indexOf(event) > auditLog.events.indexOf(refusal),
      ),
  };
}

const words = (scope = ''): string[] => scope.split(' ').filter(Boolean).sort();

/** As the client reads the challenge. */
function challengedScopes({ http, challenge = '' }: Answer): string[] {
  const { error, scope } = extractWWWAuthenticateParams(
    new Response(null, { headers: { 'www-authenticate': challenge } }),
  );
  return http === 403 && error === 'insufficient_scope' ? words(scope) : [];
}

export const stepUpDifferences = ({ tokens }: Steps, result: StepUp, searchedFor: string[]): string[] => [
  ...differences('step-up', { ...EXPECTED }, { ...result }),
  ...differences('step-up', { searched: true }, { searched: tokens.every(token => searchedFor.includes(token)) }),
];

export function stepUpLines(
  { tool, refused }: Steps,
  { user, before, challenged, after, outcome, audited }: StepUp,
): string {
  return pairs([
    ['user', `${user}, through "${AGENT_IN_REGISTRY}"`],
    ['scopes at first', before.join(' ')],
    [
      tool,
      challenged.length
        ? `HTTP ${refused.http} insufficient_scope: it needs ${challenged.join(' ')}`
        : `HTTP ${refused.http}, NO CHALLENGE`,
    ],
    ['scopes after', after.join(' ')],
    [`${tool} again`, outcome],
    ['audit log', audited ? 'the refusal, then the call: the same user, agent and tool' : 'NOT AS IT HAPPENED'],
  ]);
}
