import {
  EieConfigurationError,
  issuerPolicy,
  MemoryReplayStore,
  type ReceiverPolicy,
  remoteKeys,
  staticKeys,
  verifyAccessToken,
  verifyDelegatedCall,
} from 'execution-identity';
import { type DelegatedCall, startDelegatedCall } from '../support/delegated-call.js';
import { MCP, ORDERS, SERVER_CLIENT, TRUST_DOMAIN, type World } from '../support/world.js';

/** What a program in JavaScript gives, or one whose environment lacks a variable. */
type Wrong = Readonly<Record<string, unknown>>;

describe('the policy of a receiver without Nest', () => {
  let world: World;
  let call: DelegatedCall | undefined;
  /** Of a real call, for a user of acme. */
  let headers: Record<string, string>;

  const given = (changes: Wrong = {}) => ({
    issuer: world.issuer,
    keys: remoteKeys(world.jwksUri),
    algorithms: ['ES256'],
    audience: [ORDERS],
    tenants: ['acme'],
    user: { claim: 'sub_profile', values: ['user'] },
    ...changes,
  });
  const policy = (issuer: Wrong = {}, changes: Wrong = {}): ReceiverPolicy => ({
    service: 'orders_api',
    issuers: new Map([[world.issuer, issuerPolicy(given(issuer) as never)]]),
    trust: { trustDomain: TRUST_DOMAIN, issuers: new Map([[MCP, staticKeys(world.sealing.jwks)]]) },
    presenters: [{ workload: MCP, issuer: world.issuer, clientId: SERVER_CLIENT }],
    ...changes,
  });
  const failureOf = (attempt: () => unknown): Promise<Error> =>
    Promise.resolve()
      .then(attempt)
      .then(
        () => new Error('it was taken'),
        (error: unknown) => error as Error,
      );

  beforeAll(async () => {
    call = await startDelegatedCall();
    ({ world, headers } = call);
  });
  afterAll(() => call?.close());

  it('lets the call in where all of it is right', async () => {
    expect((await verifyDelegatedCall(headers, policy())).actor.sub).toBe('alice');
  });

  it.each<[what: string, changes: Wrong, fix: string]>([
    ['tenants as a text, which would hold each part of a name', { tenants: 'acme-of-old' }, 'tenants must be a list'],
    [
      'a lifetime that is no number, which would be none',
      { maxLifetime: NaN },
      'maxLifetime must be a number of seconds',
    ],
    ['an audience as a text', { audience: ORDERS }, 'audience must be a list of texts'],
    ['an audience that is not there', { audience: [undefined] }, 'audience must be a list of texts'],
    ['an algorithm of a shared secret', { algorithms: ['HS256'] }, 'algorithms must be a list of some of RS256'],
    ['a JWK Set in place of keys', { keys: { keys: [] } }, 'keys must be a KeySource, such as remoteKeys(url)'],
    ['no evidence of a user', { user: undefined }, 'user must be a condition'],
    [
      'values of evidence as a text',
      { user: { claim: 'sub_profile', values: 'superuser' } },
      'user must be a condition',
    ],
    ['agents as an object', { agents: { desk: 'bot' } }, 'agents must be a Map'],
    ['an issuer that is not there', { issuer: undefined }, 'issuer must be the text of "iss"'],
    ['a switch as a text, which would be on', { acceptsDpop: 'false' }, 'acceptsDpop must be true or false'],
    ['a limit under another name, which would be none', { maxLifeTime: 300 }, 'maxLifeTime is not a member of it'],
  ])('is refused with %s, when it is made', async (_what, changes, fix) => {
    const failure = await failureOf(() => issuerPolicy(given(changes) as never));
    expect(failure).toBeInstanceOf(EieConfigurationError);
    expect(failure.message).toContain(fix);
  });

  it.each<[what: string, changes: (good: ReceiverPolicy) => Wrong, fix: string]>([
    ['no name', () => ({ service: undefined }), 'service must be the name that callers give this service'],
    ['issuers as an object', good => ({ issuers: Object.fromEntries(good.issuers) }), 'issuers must be a Map'],
    ['no trust domain', ({ trust: { issuers } }) => ({ trust: { issuers } }), 'trustDomain must be the trust domain'],
    ['no trust', () => ({ trust: undefined }), 'trustDomain must be the trust domain'],
    [
      'keys of a sealing server that are none',
      ({ trust }) => ({ trust: { ...trust, issuers: new Map([[MCP, world.sealing.jwks]]) } }),
      'issuers must be a Map from the issuer of Txn-Tokens to a KeySource',
    ],
    [
      'a presenter that is not there',
      ({ presenters }) => ({ presenters: [{ ...presenters[0], clientId: undefined }] }),
      'presenters must be a list of { workload, issuer, clientId }, each a text',
    ],
    ['a switch in place of a store', () => ({ replays: true }), 'replays must be a ReplayStore'],
    [
      'a store of replays under another name, which would take each Txn-Token as often as it comes',
      () => ({ replay: new MemoryReplayStore(10) }),
      'replay is not a member of it: remove it or correct its name',
    ],
    [
      'a presenter whose switch is a text',
      ({ presenters }) => ({ presenters: [{ ...presenters[0], forwards: 'false' }] }),
      'with "forwards" true or false and nothing else',
    ],
    [
      'a presenter with a switch of another name',
      ({ presenters }) => ({ presenters: [{ ...presenters[0], forward: true }] }),
      'with "forwards" true or false and nothing else',
    ],
    [
      'an issuer that issuerPolicy() has not made, and lacks tenants',
      () => ({ issuers: new Map([[world.issuer, { ...issuerPolicy(given() as never), tenants: undefined }]]) }),
      'tenants must be a list of texts',
    ],
  ])('is refused with %s, at its first call', async (_what, changes, fix) => {
    const good = policy();
    const failure = await failureOf(() => verifyDelegatedCall(headers, { ...good, ...changes(good) }));
    expect(failure).toBeInstanceOf(EieConfigurationError);
    expect(failure.message).toContain(fix);
  });

  it.each([undefined, '', 'id.shop.test/jwks'])('has no keys at what is no URL (%j)', async url => {
    const failure = await failureOf(() => remoteKeys(url as string));
    expect(failure).toBeInstanceOf(EieConfigurationError);
    expect(failure.message).toBe('remoteKeys() needs the URL of a JWK Set: is a variable of the environment missing?');
  });

  it('has no keys that come in the clear from another machine', async () => {
    const failure = await failureOf(() => remoteKeys('http://id.shop.test/jwks'));
    expect(failure).toBeInstanceOf(EieConfigurationError);
    expect(failure.message).toContain('remoteKeys() reads keys over https, or on loopback');
    expect(remoteKeys(() => Promise.resolve('http://id.shop.test/jwks'))).toHaveProperty('find');
  });

  it.each([NaN, '3600', Infinity])('has no keys that are believed for %p seconds', async seconds => {
    for (const name of ['maxKeyAge', 'restAfterUnknownKeys']) {
      const failure = await failureOf(() => remoteKeys(world.jwksUri, { [name]: seconds }));
      expect(failure).toBeInstanceOf(EieConfigurationError);
      expect(failure.message).toContain('must be numbers of seconds: is a variable of the environment missing?');
    }
  });

  it.each([NaN, -1, '5', Infinity])('has no store of replays for %p of them', async capacity => {
    const failure = await failureOf(() => new MemoryReplayStore(capacity as number));
    expect(failure).toBeInstanceOf(EieConfigurationError);
    expect(failure.message).toContain('must be a whole number: is a variable of the environment missing?');
  });

  it('keeps its defaults where a claim is left undefined', () => {
    const { claims } = issuerPolicy(given({ claims: { tenant: undefined, clientId: 'azp' } }) as never);
    expect(claims).toMatchObject({ tenant: 'tenant', clientId: 'azp' });
  });

  it.each([NaN, null, new Date()])('is never applied at a time that is no number (%p)', async time => {
    const now = time as number;
    const token = headers.authorization!.slice('Bearer '.length);
    const failures = [
      await failureOf(() => verifyDelegatedCall(headers, policy(), now)),
      await failureOf(() => verifyAccessToken(token, policy().issuers, now)),
    ];
    for (const failure of failures) expect(failure).toBeInstanceOf(TypeError);
    for (const { message } of failures) expect(message).toBe('now must be a number: seconds since the epoch.');
  });
});
