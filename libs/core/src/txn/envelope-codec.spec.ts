import { importJWK, type JWK, SignJWT } from 'jose';
import { admit } from '../identity/admitted-identity.js';
import { type EnvelopeParts } from '../identity/execution-identity-envelope.js';
import { issue } from '../identity/issue.js';
import { type TargetGrant } from '../identity/narrow.js';
import { MemoryReplayStore } from '../ports/memory-replay-store.js';
import { type ReceiverPolicy } from '../receiver/receiver-policy.js';
import { verifyDelegatedCall } from '../receiver/verify-delegated-call.js';
import { issuerPolicy } from '../token/given-policy.js';
import { staticKeys } from '../token/static-keys.js';
import { type EnvelopeCodec } from './envelope-codec.js';
import { KeyRing } from './key-ring.js';
import { EnvelopeSealer, sealEnvelope } from './seal.js';
import { newKeyPair } from '../key-pair.js';

/** An identity header of MCP as it might be one day: other names for everything, and other nesting. */
const mcpIdentity: EnvelopeCodec = {
  header: 'mcp-identity',
  typ: 'mcp-identity+jwt',
  encode: ({ meta, ...parts }, domain, use) => ({
    mcp: { server: meta.issuer, realm: domain, from: meta.created_at, until: meta.expires_at, execution: meta.id, use },
    on_behalf_of: parts.actor,
    executed_by: parts.agent,
    within: parts.session,
    may: parts.authorization,
    towards: parts.delegation,
  }),
  decode(claims) {
    const { mcp, on_behalf_of: actor, executed_by: agent, within, may, towards } = claims as Record<string, any>;
    const meta = {
      version: 1,
      id: mcp.execution,
      issuer: mcp.server,
      created_at: mcp.from,
      expires_at: mcp.until,
    } as const;
    const parts: EnvelopeParts = { actor, agent, session: within, authorization: may, delegation: towards, meta };
    return { parts, trustDomain: mcp.realm, ...(mcp.use !== undefined && { singleUseId: mcp.use }) };
  },
};

const [NOW, LOGIN, MCP, ORDERS] = [1_800_000_000, 'https://login.test', 'https://mcp.test/mcp', 'https://orders.test'];
const target: TargetGrant = {
  name: 'orders_api',
  mode: 'on_behalf_of',
  scopes: ['orders:read'],
  onward: { billing_api: ['billing:read', 'billing:write'] },
  singleUse: true,
};
const privateJwk = {
  ...newKeyPair().privateKey.export({ format: 'jwk' }),
  kid: 'k',
};
const { d: _d, ...publicJwk } = privateJwk;
const login = issuerPolicy({
  issuer: LOGIN,
  keys: staticKeys({ keys: [publicJwk] }),
  algorithms: ['ES256'],
  audience: [ORDERS],
  user: { claim: 'sub_profile', values: ['user'] },
});

async function accessToken(claims: object): Promise<string> {
  const base = { iss: LOGIN, aud: ORDERS, iat: NOW, exp: NOW + 60, sub_profile: 'user', client_id: 'mcp' };
  return new SignJWT({ ...base, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
    .sign(await importJWK(privateJwk as JWK, 'ES256'));
}

/** A call of alice through an agent, sealed by this codec, and the receiver that reads it. */
async function call(codec: EnvelopeCodec) {
  const ring = await KeyRing.from([newKeyPair().privateKey.export({ format: 'jwk' })]);
  const admitted = admit(
    {
      issuer: LOGIN,
      sub: 'alice',
      type: 'user',
      clientId: 'desk',
      audience: [MCP],
      scopes: ['orders:read', 'billing:read'],
      act: [{ issuer: LOGIN, sub: 'agent-desk' }],
      confidence: 'verified',
      issuedAt: NOW,
      expiresAt: NOW + 300,
    },
    login,
  );
  const execution = { issuer: MCP, traceId: '0af7651916cd43dd8448eb211c80319c', lifetime: 300, now: NOW };
  const envelope = issue(admitted, { ...execution, targets: [target] });
  const sealer = new EnvelopeSealer(ring, 'shop.test', { codec });
  const sealed = await sealEnvelope(sealer, envelope, target, NOW);
  const act = { sub: 'mcp', act: { sub: 'agent-desk' } };
  const authorization = `Bearer ${await accessToken({ sub: 'alice', scope: 'orders:read', act })}`;
  const policy: ReceiverPolicy = {
    service: 'orders_api',
    issuers: new Map([[LOGIN, login]]),
    trust: { trustDomain: 'shop.test', issuers: new Map([[MCP, staticKeys(ring.jwks as never)]]), codec },
    presenters: [{ workload: MCP, issuer: LOGIN, clientId: 'mcp' }],
    replays: new MemoryReplayStore(10),
  };
  return { sealer, sealed, envelope, policy, headers: { authorization, [sealed.header]: sealed.jws } };
}

describe('a second codec, of which nothing outside this file knows', () => {
  it('carries the identity of a call from the server that seals it to the receiver', async () => {
    const { policy, headers, envelope } = await call(mcpIdentity);
    expect(Object.keys(headers)).toEqual(['authorization', 'mcp-identity']);
    const received = await verifyDelegatedCall(headers, policy, NOW + 5);
    expect(JSON.parse(JSON.stringify(received))).toMatchObject({
      actor: { type: 'user', issuer: LOGIN, sub: 'alice' },
      agent: { id: 'agent-desk', client_id: 'desk', source: 'act' },
      authorization: { scopes: ['orders:read'] },
      delegation: { allowed: ['orders_api', 'billing_api'], onward: { billing_api: ['billing:read'] } },
      meta: { id: envelope.meta.id, issuer: MCP },
    });
  });

  it('is held to the same rules: trust domain, times, one use, agreement with the access token', async () => {
    const { policy, headers, sealed } = await call(mcpIdentity);
    const refused = async (code: string, changes: object, one = policy, now = NOW + 5) =>
      expect(verifyDelegatedCall({ ...headers, ...changes }, one, now)).rejects.toMatchObject({ code });
    const trust = { ...policy.trust, trustDomain: 'other.test' };
    await refused('txn_token_invalid', {}, { ...policy, trust });
    await refused('txn_token_invalid', {}, policy, NOW - 6);
    await refused('service_not_named', {}, { ...policy, service: 'ledger_api' });
    await refused('credential_mismatch', { authorization: `Bearer ${await accessToken({ sub: 'bob' })}` });
    await refused('txn_token_missing', { 'mcp-identity': undefined, 'txn-token': sealed.jws });
    await verifyDelegatedCall(headers, policy, NOW + 5);
    await refused('txn_token_replayed', {});
  });

  it('gives each service its own scopes alone, and is refused where it names a service without any', async () => {
    const { policy, headers } = await call(mcpIdentity);
    const presenters = [{ workload: MCP, issuer: LOGIN, clientId: 'orders', forwards: true }];
    const onward = { ...policy, service: 'billing_api', presenters };
    const service = { sub: 'orders', client_id: 'orders', sub_profile: 'service', scope: 'orders:read billing:read' };
    const authorization = `Bearer ${await accessToken(service)}`;
    const received = await verifyDelegatedCall({ ...headers, authorization }, onward, NOW + 5);
    expect(received.authorization.scopes).toEqual(['billing:read']);
    const careless: EnvelopeCodec = {
      ...mcpIdentity,
      encode: ({ delegation: { onward: _none, ...delegation }, ...parts }, domain, use) =>
        mcpIdentity.encode({ ...parts, delegation }, domain, use),
    };
    const flat = await call(careless);
    await expect(verifyDelegatedCall(flat.headers, flat.policy, NOW + 5)).rejects.toMatchObject({
      code: 'txn_token_invalid',
    });
  });

  it('is not read by a receiver of Transaction Tokens, nor does one of its own read those', async () => {
    const [own, standard] = [await call(mcpIdentity), await call(undefined as never)];
    await expect(
      verifyDelegatedCall(
        { ...own.headers, 'txn-token': own.sealed.jws },
        { ...own.policy, trust: { ...own.policy.trust, codec: undefined as never } },
        NOW,
      ),
    ).rejects.toMatchObject({ code: 'txn_token_invalid' });
    const trust = { ...standard.policy.trust, codec: mcpIdentity };
    const headers = { ...standard.headers, 'mcp-identity': standard.sealed.jws };
    await expect(verifyDelegatedCall(headers, { ...standard.policy, trust }, NOW)).rejects.toMatchObject({
      code: 'txn_token_invalid',
    });
  });

  it('is passed on in the header that it came in', async () => {
    const { policy, headers, sealed } = await call(mcpIdentity);
    const received = await verifyDelegatedCall(headers, policy, NOW);
    const forwarder = new EnvelopeSealer(undefined, 'shop.test');
    expect(await sealEnvelope(forwarder, received, target, NOW)).toEqual({ header: 'mcp-identity', jws: sealed.jws });
  });
});

describe('a sealer', () => {
  it('has no property and no method: whoever finds it can sign nothing with it', async () => {
    const { sealer } = await call(mcpIdentity);
    expect([...Reflect.ownKeys(sealer), ...Reflect.ownKeys(EnvelopeSealer.prototype)]).toEqual(['constructor']);
  });
});
