// Genuine calls, one for each way to call a service: both tokens, and who the receiver must see. Written out by hand and
// not by the library that the vectors test.
import { createHash } from 'node:crypto';
import { DESK, jws, keys, LEGACY, LOGIN, MANY, MCP, NOW, ORDERS, TRUST_DOMAIN, RULES } from './parties.mjs';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
export const SCOPES = ['orders:read', 'orders:write'];

/** Agents, outermost first, as an `act` claim. */
export const act = (chain, more = {}) =>
  chain.reduceRight(
    (inner, { issuer, sub }) => ({ iss: issuer, sub, ...more, ...(inner && { act: inner }) }),
    undefined,
  );

/** An approval that another user of the same issuer has given; of a claim, what an envelope says of it. */
export const APPROVAL = {
  id: 'mB1yq0Zc3sT7uVwXyZ0123456789abcd',
  by: 'another',
  approver: { iss: LOGIN, sub: 'carol' },
  iat: NOW - 40,
  exp: NOW + 560,
  // Of the arguments { "amount": 120, "order": "A-1001" }.
  args: createHash('sha256')
    .update('mB1yq0Zc3sT7uVwXyZ0123456789abcd.{"amount":120,"order":"A-1001"}')
    .digest('base64url'),
};
export const approvalSeen = ({ id, by, approver, iat, exp, args }) => ({
  id,
  by,
  ...(approver && { approver: { issuer: approver.iss, sub: approver.sub } }),
  approved_at: iat,
  expires_at: exp,
  args_digest: args,
});

const AGENT = { issuer: LOGIN, sub: 'agent-assistant' };
export const CHAIN = [
  AGENT,
  { issuer: 'https://agents.example', sub: 'planner' },
  { issuer: LOGIN, sub: 'agent-router' },
];

/** Who acts, and through whom: `source` says who names the agent. */
const ALICE = { type: 'user', issuer: LOGIN, sub: 'alice', tenant: 'acme' };
const AGENTS = {
  client: { source: 'client', chain: [] },
  registry: { source: 'registry', registered: true, chain: [{ issuer: LOGIN, sub: 'agent-desk' }] },
  configuration: { source: 'configuration', registered: true, chain: [{ issuer: LOGIN, sub: 'agent-cli' }] },
  act: { source: 'act', chain: [AGENT] },
  registered: { source: 'act', registered: true, chain: [AGENT] },
  chain: { source: 'act', chain: CHAIN },
};

function identityOf({ actor, source, registered, chain, mode, allowed, onward, sealer, said, confidence }) {
  const { issuer, sub } = chain[0] ?? { issuer: actor.issuer, sub: 'assistant' };
  return {
    actor,
    agent: {
      type: 'mcp_agent',
      issuer,
      id: sub,
      client_id: 'assistant',
      source,
      chain,
      ...(registered && { registered }),
    },
    session: { ...(said && { id: 'session-1' }), trace_id: TRACE },
    authorization: {
      scopes: SCOPES,
      ...(said && { roles: ['clerk'], acr: '2', amr: ['pwd', 'otp'], authenticated_at: NOW - 600 }),
      confidence,
    },
    // The mode is that of the call for which the Txn-Token was sealed: of the first name.
    delegation: { allowed, modes: { [allowed[0]]: mode }, mode, ...(onward && { onward }) },
    meta: {
      version: 1,
      id: '39214dad-c784-47a2-85b1-b1c1b8f34796',
      issuer: sealer,
      created_at: NOW - 10,
      expires_at: NOW + 50,
    },
  };
}

function txnTokenOf({ actor, agent, session, authorization, delegation, meta }, key, scopes) {
  const { roles, acr, amr, authenticated_at, confidence } = authorization;
  const claims = {
    iss: meta.issuer,
    aud: TRUST_DOMAIN,
    iat: meta.created_at,
    exp: meta.expires_at,
    txn: meta.id,
    sub: actor.sub,
    sub_profile: actor.type,
    tenant: actor.tenant,
    scope: scopes.join(' '),
    roles,
    req_wl: meta.issuer,
    act: act(agent.chain, { sub_profile: 'ai_agent' }),
    client_id: agent.client_id,
    sid: session.id,
    acr,
    amr,
    auth_time: authenticated_at,
    rctx: { idp: actor.issuer, trace_id: session.trace_id },
    tctx: {
      eie: {
        v: 1,
        confidence,
        agent: agent.source,
        registered: agent.registered,
        mode: delegation.mode,
        allowed: delegation.allowed,
        onward: delegation.onward,
      },
    },
  };
  return { header: { typ: 'txntoken+jwt', alg: key.alg, kid: key.kid }, claims, key };
}

const accessToken = claims => ({
  header: { typ: 'at+jwt', alg: 'ES256', kid: keys.login.kid },
  claims: {
    iss: LOGIN,
    aud: ORDERS,
    iat: NOW - 10,
    exp: NOW + 290,
    jti: 'access-1',
    scope: SCOPES.join(' '),
    ...claims,
  },
  key: keys.login,
});
const serviceToken = clientId => accessToken({ sub: clientId, client_id: clientId, sub_profile: 'service' });

/** A call of the user alice, unless of somebody else: what the vectors change one thing of. */
function call(
  {
    mode,
    through = 'act',
    actor = ALICE,
    allowed = ['orders_api'],
    onward,
    scopes = SCOPES,
    sealer = MCP,
    key = keys.mcp,
    said = true,
    confidence = 'verified',
  },
  access,
) {
  const identity = identityOf({ actor, mode, allowed, onward, sealer, said, confidence, ...AGENTS[through] });
  return { access: access(identity), txn: txnTokenOf(identity, key, scopes), identity };
}
const inbound = ({ agent }) => (agent.source === 'act' ? agent.chain : []);
const aliceAt = claims => accessToken({ sub: 'alice', sub_profile: 'user', tenant: 'acme', ...claims });

export const onBehalfOf = (through, more) =>
  call({ mode: 'on_behalf_of', through, ...more }, identity =>
    aliceAt({ client_id: 'shop-mcp', act: act([{ issuer: LOGIN, sub: 'shop-mcp' }, ...inbound(identity)]) }),
  );

export const restrictedUser = through =>
  call({ mode: 'restricted_user', through }, identity =>
    aliceAt({ client_id: 'shop-mcp', act: act(inbound(identity)) }),
  );

export const serviceIdentity = (through, more) =>
  call({ mode: 'service_identity', through, ...more }, () => serviceToken('shop-mcp'));

/** The Txn-Token was sealed for `intake_api`, with `scopes` of its own; it passes it on to the `onward` services. */
export const forwarded = (mode = 'on_behalf_of', { onward = { orders_api: SCOPES }, scopes = ['intake:file'] } = {}) =>
  call({ mode, allowed: ['intake_api', ...Object.keys(onward)], onward, scopes }, () => serviceToken('intake-service'));

export const fromDesk = () =>
  call({ mode: 'service_identity', sealer: DESK, key: keys.desk }, () => serviceToken('desk-mcp'));

/** A user of the issuer that has its own names for things, and tells little. */
export const legacy = () =>
  call(
    { mode: 'restricted_user', through: 'client', actor: { type: 'user', issuer: LEGACY, sub: 'u-17' }, said: false },
    () => ({
      header: { alg: 'RS256', kid: keys.legacy.kid },
      claims: {
        iss: LEGACY,
        aud: ORDERS,
        iat: NOW - 10,
        exp: NOW + 290,
        sub: 'u-17',
        username: 'alice',
        cid: 'shop-mcp-legacy',
        scp: SCOPES,
        token_use: 'access',
      },
      key: keys.legacy,
    }),
  );

/** A user of the issuer that signs by every algorithm. */
export const many = (key, alg) =>
  call(
    { mode: 'restricted_user', through: 'client', actor: { type: 'user', issuer: MANY, sub: 'alice' }, said: false },
    () => ({
      header: { typ: 'at+jwt', alg, kid: key.kid },
      claims: {
        iss: MANY,
        aud: ORDERS,
        iat: NOW - 10,
        exp: NOW + 290,
        sub: 'alice',
        sub_profile: 'user',
        client_id: 'shop-mcp-many',
        scope: SCOPES.join(' '),
      },
      key,
    }),
  );

const rulesToken = claims => ({
  header: { typ: 'at+jwt', alg: 'ES256', kid: keys.rules.kid },
  claims: {
    iss: RULES,
    aud: ORDERS,
    iat: NOW - 10,
    exp: NOW + 290,
    client_id: 'shop-mcp-rules',
    scope: SCOPES.join(' '),
    ...claims,
  },
  key: keys.rules,
});

/** A user of the issuer that is no URL: its subject is not its client. */
export const rulesUser = () =>
  call(
    { mode: 'restricted_user', through: 'client', actor: { type: 'user', issuer: RULES, sub: 'alice' }, said: false },
    () => rulesToken({ sub: 'alice' }),
  );

/** The token of the server itself from there: it names no subject. */
export const rulesService = () => call({ mode: 'service_identity' }, () => rulesToken({}));

const token = ({ edit = text => text, ...parts }) => edit(jws(parts));

/** The header lines of a call; `lines` takes the two tokens where they are not sent as usual. */
export function headersOf({ access, txn, lines = (a, t) => ({ authorization: [`Bearer ${a}`], 'txn-token': [t] }) }) {
  return lines(token(access), token(txn));
}
