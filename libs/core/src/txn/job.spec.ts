import { CompactSign, type JWK } from 'jose';
import { admit } from '../identity/admitted-identity.js';
import { configuredIdentity } from '../identity/configured-identity.js';
import { type ExecutionIdentityEnvelope, keepBeside } from '../identity/execution-identity-envelope.js';
import { issue } from '../identity/issue.js';
import { type JobTerms } from '../identity/job.js';
import { admitJob, stillRegistered } from '../identity/job-identity.js';
import { newKeyPair } from '../key-pair.js';
import { MemoryReplayStore } from '../ports/memory-replay-store.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { staticKeys } from '../token/static-keys.js';
import { ScopeHierarchy } from '../token/scope-hierarchy.js';
import { openJob, sealJob } from './job.js';
import { useAttempt } from './job-attempt.js';
import { KeyRing } from './key-ring.js';
import { openSealed } from './open.js';
import { EnvelopeSealer, sealEnvelope } from './seal.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://mcp.test/mcp';
const QUEUE = 'https://mcp.test/mcp/queues/invoices';
const job = { id: 'job-1', name: 'send', data: { invoice: 'i-1', lines: [1, 2.5, { text: 'a"é' }], none: null } };

const policyWith = (changes: object = {}) =>
  ({
    issuer: 'https://as.test',
    tenants: ['acme'],
    claims: {},
    agents: new Map([['desk', { id: 'agent-desk' }]]),
    ...changes,
  }) as unknown as IssuerPolicy;

const token = (changes: object = {}) => ({
  issuer: 'https://as.test',
  sub: 'alice',
  type: 'user' as const,
  audience: [],
  clientId: 'desk',
  tenant: 'acme',
  scopes: ['invoices:send', 'orders:write'],
  roles: ['clerk'],
  act: [],
  confidence: 'verified' as const,
  sid: 's-1',
  issuedAt: NOW - 60,
  expiresAt: NOW + 300,
  ...changes,
});
const envelope = (changes: object = {}) =>
  issue(admit(token(changes), policyWith()), {
    issuer: ISSUER,
    traceId: 'a'.repeat(32),
    targets: [],
    lifetime: 300,
    now: NOW,
  });
const claimsOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, any>;
const refusedAs = (code: string) => expect.objectContaining({ code });

describe('the sealed identity of a job', () => {
  let keys: KeyRing;
  let privateKey: ReturnType<typeof newKeyPair>['privateKey'];
  const hierarchy = new ScopeHierarchy({ 'orders:write': ['orders:read'] });
  const domain = { trustDomain: 'mcp.test', issuer: ISSUER };
  const seal = (of: ExecutionIdentityEnvelope, terms: Partial<JobTerms> = {}, ring: KeyRing | undefined = keys) =>
    sealJob(
      of,
      { queue: QUEUE, scopes: ['invoices:send'], ...terms },
      job,
      { ...domain, keys: ring, hierarchy, since: NOW - 60 },
      NOW,
    );
  const open = (sealed: unknown, changes: object = {}, trust: object = {}, now = NOW + 1) =>
    openJob(
      sealed,
      { ...job, queue: QUEUE, ...changes },
      { ...domain, keys: staticKeys(keys.jwks as never), ...trust },
      now,
    );

  beforeAll(async () => {
    privateKey = newKeyPair().privateKey;
    keys = await KeyRing.from([privateKey.export({ format: 'jwk' })]);
  });

  it('opens for its queue, id, name and data, and says who acts, with which scopes, and who started it', async () => {
    const mine = envelope();
    const opened = await open(await seal(mine, { ttl: 60, attempts: 2 }));
    expect(opened).toEqual({
      actor: mine.actor,
      agent: mine.agent,
      isAgentClaimed: false,
      session: mine.session,
      authorization: { ...mine.authorization, scopes: ['invoices:send'] },
      issuer: ISSUER,
      id: expect.any(String),
      startedBy: mine.meta.id,
      issuedAt: NOW - 60,
      expiresAt: NOW + 60,
      attempts: 2,
      data: job.data,
    });
  });

  it('names its queue as its audience, and holds no token', async () => {
    const claims = claimsOf(await seal(envelope()));
    expect(claims).toMatchObject({ iss: ISSUER, aud: QUEUE, exp: NOW + 3_600, txn: expect.any(String) });
    expect(Object.keys(claims).sort()).toEqual([
      'act',
      'aud',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'rctx',
      'roles',
      'scope',
      'sid',
      'sub',
      'sub_profile',
      'tctx',
      'tenant',
      'txn',
    ]);
  });

  it.each([
    ['another queue', { queue: 'https://mcp.test/mcp/queues/other' }],
    ['another id', { id: 'job-2' }],
    ['another name', { name: 'delete' }],
    ['other data', { data: { ...job.data, invoice: 'i-2' } }],
    ['data with a member more', { data: { ...job.data, more: null } }],
    ['no data', { data: undefined }],
    ['data in another type', { data: JSON.stringify(job.data) }],
    ['a list in another order', { data: { ...job.data, lines: [2.5, 1, { text: 'a"é' }] } }],
  ])('does not open for %s', async (_what, changes) => {
    await expect(open(await seal(envelope()), changes)).rejects.toEqual(refusedAs('job_invalid'));
  });

  it('opens for data in another order of members, which a queue may write', async () => {
    const { invoice, lines, none } = job.data;
    await expect(open(await seal(envelope()), { data: { none, lines, invoice } })).resolves.toBeDefined();
  });

  it('seals data as a queue gives them back: dates as text, without members that are undefined', async () => {
    const at = new Date(NOW * 1000);
    const sealed = await sealJob(
      envelope(),
      { queue: QUEUE, scopes: [] },
      { ...job, data: { at, none: undefined } },
      { ...domain, keys, hierarchy, since: NOW - 60 },
      NOW,
    );
    await expect(open(sealed, { data: { at: at.toISOString() } })).resolves.toBeDefined();
  });

  it('opens with no other key, of no other server, and in no other trust domain', async () => {
    const sealed = await seal(envelope());
    const others = await KeyRing.ephemeral();
    await expect(open(sealed, {}, { keys: staticKeys(others.jwks as never) })).rejects.toEqual(
      refusedAs('job_invalid'),
    );
    await expect(open(sealed, {}, { trustDomain: 'other.test' })).rejects.toEqual(refusedAs('job_invalid'));
    await expect(open(sealed, {}, { issuer: 'https://other.test' })).rejects.toEqual(refusedAs('job_invalid'));
  });

  it('opens with a key that is only published any more', async () => {
    const old = newKeyPair().privateKey.export({ format: 'jwk' }) as JWK;
    const before = await KeyRing.from([old]);
    const { d: _private, ...published } = old;
    const after = await KeyRing.from([newKeyPair().privateKey.export({ format: 'jwk' }), published]);
    const sealed = await seal(envelope(), {}, before);
    await expect(open(sealed, {}, { keys: staticKeys(after.jwks as never) })).resolves.toBeDefined();
  });

  it('opens with no character of it changed', async () => {
    const sealed = await seal(envelope());
    for (let i = 0; i < sealed.length; i++) {
      const changed = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`;
      await expect(open(changed)).rejects.toEqual(refusedAs('job_invalid'));
    }
    for (const none of ['', '..', sealed.slice(1), `${sealed}A`, undefined, null, 1, {}, sealed.repeat(20)])
      await expect(open(none)).rejects.toEqual(refusedAs('job_invalid'));
  });

  it('opens under no other type, though its server itself had signed it', async () => {
    const [header, claims] = (await seal(envelope())).split('.').map(part => Buffer.from(part, 'base64url').toString());
    const signed = (typ: string) =>
      new CompactSign(Buffer.from(claims!))
        .setProtectedHeader({ ...(JSON.parse(header!) as { alg: string }), typ })
        .sign(privateKey);
    await expect(open(await signed('eie-job+jwt'))).resolves.toBeDefined();
    for (const typ of ['txntoken+jwt', 'at+jwt', 'JWT'])
      await expect(open(await signed(typ))).rejects.toEqual(refusedAs('job_invalid'));
  });

  it('expires, at most a day after it was sealed, and is opened at most a minute before it was sealed, by a clock that is behind', async () => {
    const sealed = await seal(envelope(), { ttl: 60 });
    await expect(open(sealed, {}, {}, NOW + 60)).rejects.toEqual(refusedAs('job_expired'));
    await expect(open(sealed, {}, {}, NOW - 60)).resolves.toBeDefined();
    await expect(open(sealed, {}, {}, NOW - 61)).rejects.toEqual(refusedAs('job_invalid'));
    for (const ttl of [0, -1, 0.5, 86_401, Number.NaN, Infinity])
      await expect(seal(envelope(), { ttl })).rejects.toThrow('"ttl" of a job must be a whole number from 1 to 86400.');
  });

  it('outlives the identity that sealed it, since a queue may be long', async () => {
    await expect(open(await seal(envelope(), { ttl: 86_400 }), {}, {}, NOW + 86_399)).resolves.toBeDefined();
  });

  it('holds no scope that its identity does not hold or imply', async () => {
    const opened = await open(await seal(envelope(), { scopes: ['orders:read'] }));
    expect(opened.authorization.scopes).toEqual(['orders:read']);
    await expect(seal(envelope(), { scopes: ['admin'] })).rejects.toEqual(refusedAs('insufficient_scope'));
  });

  it('is sealed for a live identity of this server alone', async () => {
    const mine = envelope();
    const terms = { queue: QUEUE, scopes: [] };
    const parts = { ...domain, keys, hierarchy, since: NOW - 60 };
    const copy = { ...mine } as ExecutionIdentityEnvelope;
    await expect(sealJob(copy, terms, job, parts, NOW)).rejects.toEqual(refusedAs('identity_forged'));
    await expect(sealJob(mine, terms, job, parts, NOW + 300)).rejects.toEqual(refusedAs('identity_expired'));
    await expect(sealJob(mine, terms, job, { ...parts, keys: undefined }, NOW)).rejects.toEqual(
      refusedAs('job_unsealed'),
    );
    const stdio = configuredIdentity(
      { issuer: 'https://as.test', sub: 'alice', type: 'user', clientId: 'cli', agent: 'bot', scopes: [] },
      NOW,
    );
    const configured = issue(stdio, { issuer: ISSUER, traceId: 'a'.repeat(32), targets: [], lifetime: 300, now: NOW });
    await expect(seal(configured, { scopes: [] })).rejects.toEqual(refusedAs('job_unsealed'));
  });

  it('is not sealed by an identity that was received sealed, nor by one without a server', async () => {
    const target = { name: 'api', mode: 'service_identity' as const, scopes: ['invoices:send'], onward: {} };
    const mine = issue(admit(token(), policyWith()), {
      issuer: ISSUER,
      traceId: 'a'.repeat(32),
      targets: [target],
      lifetime: 300,
      now: NOW,
    });
    const sealed = await sealEnvelope(new EnvelopeSealer(keys, 'mcp.test'), mine, target, NOW);
    const trust = { trustDomain: 'mcp.test', issuers: new Map([[ISSUER, staticKeys(keys.jwks as never)]]) };
    const received = await openSealed(sealed.jws, trust, NOW);
    await expect(seal(received)).rejects.toEqual(refusedAs('job_unsealed'));
    await expect(mine.forJob({ queue: 'q', scopes: [] }, job)).rejects.toEqual(refusedAs('job_unsealed'));
    keepBeside(mine, { sealJob: () => Promise.resolve('sealed') });
    await expect(mine.forJob({ queue: 'q', scopes: [] }, job)).resolves.toBe('sealed');
  });

  it('is no Txn-Token, and a Txn-Token is no job', async () => {
    const target = { name: 'api', mode: 'service_identity' as const, scopes: ['invoices:send'], onward: {} };
    const mine = envelope();
    const trust = { trustDomain: 'mcp.test', issuers: new Map([[ISSUER, staticKeys(keys.jwks as never)]]) };
    await expect(openSealed(await seal(mine), trust, NOW)).rejects.toEqual(refusedAs('txn_token_invalid'));
    const { jws } = await sealEnvelope(new EnvelopeSealer(keys, 'mcp.test'), mine, target, NOW);
    await expect(open(jws)).rejects.toEqual(refusedAs('job_invalid'));
  });

  it.each([
    ['a queue that is no absolute identifier', { queue: 'invoices' }, job, '"queue", an absolute identifier'],
    ['no attempts', { attempts: 0 }, job, '"attempts" of a job must be a whole number from 1 to 100'],
    ['no id', {}, { ...job, id: '' }, '"id"'],
    ['no name', {}, { ...job, name: undefined as unknown as string }, '"name"'],
    ['a cycle', {}, { ...job, data: Object.assign([], { 0: 1n }) }, 'what JSON can write'],
  ])('refuses %s with what is wrong', async (_what, terms, content, message) => {
    const parts = { ...domain, keys, hierarchy, since: NOW - 60 };
    await expect(sealJob(envelope(), { queue: QUEUE, scopes: [], ...terms }, content, parts, NOW)).rejects.toThrow(
      message,
    );
  });

  it('starts each attempt once, and none beyond those that were sealed', async () => {
    const opened = await open(await seal(envelope(), { attempts: 2 }));
    const check = { replays: new MemoryReplayStore(1_000) };
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => useAttempt(opened, 1, check, NOW)));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await useAttempt(opened, 2, check, NOW);
    for (const attempt of [1, 2, 3, 0, 1.5, Number.NaN])
      await expect(useAttempt(opened, attempt, check, NOW)).rejects.toEqual(refusedAs('job_replayed'));
  });

  it('is not started where the store does not answer, which is not said to be a replay', async () => {
    const opened = await open(await seal(envelope()));
    const replays = { take: () => Promise.reject(new Error('away')) } as unknown as MemoryReplayStore;
    await expect(useAttempt(opened, 1, { replays }, NOW)).rejects.toEqual(refusedAs('job_unavailable'));
  });
});

describe('the rights of a job', () => {
  const sealedAs = (changes: object = {}) => {
    const { meta, ...parts } = envelope(changes);
    return { ...parts, isAgentClaimed: 'agent' in changes, issuedAt: NOW, expiresAt: NOW + 60, startedBy: meta.id };
  };
  const scopesWith = (policy: IssuerPolicy, changes: object = {}) => {
    const admitted = admitJob(sealedAs(changes), policy);
    stillRegistered(sealedAs(changes), admitted);
    return admitted.authorization.scopes;
  };

  it('are those that were sealed and that the ceilings of now allow', () => {
    expect(scopesWith(policyWith())).toEqual(['invoices:send', 'orders:write']);
    const narrower = new Map([['desk', { id: 'agent-desk', scopes: ['orders:write'] }]]);
    expect(scopesWith(policyWith({ agents: narrower }))).toEqual(['orders:write']);
    const wider = new Map([['desk', { id: 'agent-desk', scopes: ['orders:write', 'admin'] }]]);
    expect(scopesWith(policyWith({ agents: wider }))).toEqual(['orders:write']);
    const tenantCeilings = new Map([['acme', { scopes: ['invoices:send'] }]]);
    expect(scopesWith(policyWith({ tenantCeilings }))).toEqual(['invoices:send']);
  });

  it('are none for an agent that is not registered any more, under its client and its id', () => {
    const gone = refusedAs('agent_unregistered');
    expect(() => scopesWith(policyWith({ agents: new Map() }))).toThrow(gone);
    expect(() => scopesWith(policyWith({ agents: new Map([['desk', { id: 'another' }]]) }))).toThrow(gone);
    expect(() => scopesWith(policyWith({ agents: new Map([['other', { id: 'agent-desk' }]]) }))).toThrow(gone);
  });

  it('are none for an agent that the registry had named and does not any more, though a claim may name agents', () => {
    const without = policyWith({ claims: { agent: 'agent_id' }, agents: new Map() });
    expect(() => scopesWith(without)).toThrow(refusedAs('agent_unregistered'));
    expect(scopesWith(without, { agent: 'agent-claimed' })).toEqual(['invoices:send', 'orders:write']);
    expect(() => scopesWith(policyWith(), { agent: 'agent-claimed' })).toThrow(refusedAs('agent_unregistered'));
  });

  it('are those of an agent that nobody had registered', () => {
    expect(scopesWith(policyWith(), { clientId: 'stranger' })).toEqual(['invoices:send', 'orders:write']);
    expect(scopesWith(policyWith({ unregisteredScopes: ['orders:write'] }), { clientId: 'stranger' })).toEqual([
      'orders:write',
    ]);
  });

  it('are none for a tenant that is not of its issuer any more, and for another issuer', () => {
    expect(() => scopesWith(policyWith({ tenants: ['other'] }))).toThrow(refusedAs('tenant_refused'));
    expect(() => scopesWith(policyWith({ tenants: [] }))).toThrow(refusedAs('tenant_refused'));
    expect(() => scopesWith(policyWith(), { tenant: undefined })).toThrow(refusedAs('tenant_refused'));
    expect(() => scopesWith(policyWith({ issuer: 'https://other.test' }))).toThrow(refusedAs('issuer_unknown'));
  });

  it('is an identity that a revocation since its token was issued ends, whatever the clock of its server said', () => {
    expect(admitJob(sealedAs(), policyWith())).toMatchObject({ issuedAt: NOW, expiresAt: NOW + 60, sessionId: 's-1' });
  });
});
