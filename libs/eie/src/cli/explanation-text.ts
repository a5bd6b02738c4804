import { printable } from 'execution-identity/internal';
import { wrapped } from 'execution-identity/internal/cli';
import {
  type ExplainedCall,
  type ExplainedIdentity,
  type ExplainedRefusal,
  type ExplainedTarget,
  type Explanation,
} from '../boot/dry-run/explanation.js';

const LABEL = 13;

/** An explanation on lines of 80 columns. */
export function explanationText(explanation: Explanation): string {
  const { handler, allowed, refusal, identity, targets } = explanation;
  const verdict = allowed ? (explanation.approval ? 'ALLOWED once it is approved' : 'ALLOWED') : 'REFUSED';
  const method = handler.name === handler.method ? '' : `, ${handler.method}`;
  return [
    wrapped(`${verdict}  ${handler.name} (${handler.kind}${method})`),
    ...(refusal ? [row('by', `the ${refusal.operand}: ${refusal.code}`), ...reasons(refusal)] : []),
    handler.policy === 'public' ? row('who', 'Anybody may call it. It looks at no token.') : '',
    ...(identity ? ['\n', ...identityRows(identity)] : []),
    ...conditions(explanation),
    ...targets.flatMap(target => ['\n', ...targetRows(target)]),
    ...(allowed && identity && !targets.length ? ['\n', row('targets', 'It declares none, and may call none.')] : []),
  ].join('');
}

/** A label, and its text beside it. */
function row(label: string, text: string): string {
  const indent = ' '.repeat(LABEL);
  return `  ${label}`.padEnd(LABEL) + wrapped(text, indent).slice(LABEL);
}

function reasons({ message, fix, claim, expected, scopes }: ExplainedRefusal): string[] {
  const decides = expected ? `${claim ?? 'it'} must be ${list(expected)}` : claim;
  return [
    row('because', message),
    ...(decides === null ? [] : [row('decided by', decides)]),
    ...(scopes.length ? [row('needs', `scopes ${list(scopes)}`)] : []),
    row('fix', fix),
  ];
}

function identityRows({ actor, agent, scopes, dropped, ...login }: ExplainedIdentity): string[] {
  const client = agent.id === agent.client_id ? '' : `, by the client ${printable(agent.client_id)}`;
  const registered = agent.registered ? '' : ', not registered';
  const behind = agent.chain.slice(1).map(({ sub }) => `, for ${printable(sub)}`);
  const { roles, acr, authenticated_at: at } = login;
  const loggedIn = [acr !== null && `acr ${printable(acr)}`, at !== null && `auth_time ${at}`].filter(Boolean);
  return [
    row('actor', `${actor.type} ${printable(actor.sub)} of ${printable(actor.issuer)}${inTenant(actor.tenant)}`),
    row('agent', `${printable(agent.id)}${client} (named by: ${agent.source}${registered})${behind.join('')}`),
    row('scopes', scopes.length ? list(scopes) : 'none'),
    ...dropped.map(({ scope, by }) => row('', `${printable(scope)} is taken away by the ${by}`)),
    ...(roles ? [row('roles', roles.length ? list(roles) : 'none')] : []),
    ...(loggedIn.length ? [row('login', loggedIn.join(', '))] : []),
  ];
}

const ENGINE: Readonly<Record<Explanation['policyEngine'], string | undefined>> = {
  none: undefined,
  not_asked: 'It is not asked: the call is refused before.',
  needs_arguments: 'It decides by arguments of the call, so it is NOT asked here, and may still deny.',
  allows: 'It was asked, and allows the call.',
  denies: 'It was asked, and denies the call.',
  unreachable: 'It did not answer in time, or failed. Without its answer every call is denied.',
};

const APPROVER = { client: 'the user, in the client', self: 'the user, elsewhere', another: 'another user' };

function conditions({ policyEngine, approval, dataSubjects, assumed, handler }: Explanation): string[] {
  const engine = handler.policy === 'public' ? undefined : ENGINE[policyEngine];
  const rows = [
    ...(engine === undefined ? [] : [row('policy', engine)]),
    ...(approval ? [row('approval', `Each call is approved by ${APPROVER[approval.by]}: ${approval.reason}`)] : []),
    ...dataSubjects.map(({ path, reason }) => row('data about', `${path}: ${reason}`)),
    ...(assumed.length ? [row('assumed', `${list(assumed)}: of a token that is issued now`)] : []),
  ];
  return rows.length ? ['\n', ...rows] : [];
}

function targetRows({ name, mode, allowed, refusal, call }: ExplainedTarget): string[] {
  const head = wrapped(`Target ${name} (${mode ?? 'not configured'}): ${allowed ? 'allowed' : 'REFUSED'}`);
  if (refusal) return [head, row('by', `the ${refusal.operand}: ${refusal.code}`), ...reasons(refusal)];
  return [head, ...(call ? callRows(call) : [])];
}

function callRows({ url, token, txn_token, headers }: ExplainedCall): string[] {
  const onward = Object.entries(txn_token?.onward ?? {});
  return [
    row('at', url),
    ...(token ? tokenRows(token) : [row('token', 'none: the target has a credential of its own')]),
    row(
      'Txn-Token',
      txn_token
        ? `user ${printable(txn_token.sub)}${inTenant(txn_token.tenant)}, ${agents(txn_token.actors)}, ${rights(txn_token.scopes)}`
        : 'none: the target is outside the trust domain',
    ),
    ...onward.map(([service, scopes]) => row('', `onward to ${service}: ${rights(scopes)}`)),
    row('headers', headers.join(', ')),
  ];
}

function tokenRows(token: NonNullable<ExplainedCall['token']>): string[] {
  const { subject, actors, act_evidence: evidence, audience, issuer, client_id, scopes } = token;
  const whose =
    'user' in subject
      ? `of the user ${printable(subject.user)}`
      : `of this server, the client ${printable(subject.client)}`;
  const shown = evidence === 'required' || !actors.length ? '' : ' (the issuer may leave them out)';
  return [
    row('token', `${whose}, ${actors.length ? `act: ${chain(actors)}${shown}` : 'without act'}`),
    row('', `for ${audience}, ${rights(scopes)}`),
    row('', `from ${issuer}, as its client ${printable(client_id)}`),
  ];
}

const list = (texts: readonly string[]): string => texts.map(printable).join(', ');
const rights = (scopes: readonly string[]): string => (scopes.length ? `scopes ${list(scopes)}` : 'no scopes');
const inTenant = (tenant: string | null): string => (tenant === null ? '' : `, tenant ${printable(tenant)}`);
const chain = (actors: readonly { readonly sub: string }[]): string =>
  actors.map(({ sub }) => printable(sub)).join(' for ');
const agents = (actors: readonly { readonly sub: string }[]): string =>
  actors.length ? `agent ${chain(actors)}` : 'no agent';
