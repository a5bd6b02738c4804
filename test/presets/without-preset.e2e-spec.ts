import { issuerPolicy, staticKeys, verifyAccessToken } from 'execution-identity';
import { type AuditReason, type IssuerOptions, IssuerSource } from 'nestjs-eie';
import { type DoorApp, startDoor } from '../support/door.js';
import { MCP, startWorld, type World } from '../support/world.js';
import { type DocumentedToken, having, jwt, without } from './fixtures/tokens.js';
import { jwks, MeModule, sign } from './providers.js';

/** What an operator writes for a provider that no preset describes. */
const issuer = (name: string, options: Partial<IssuerOptions> & Pick<IssuerOptions, 'actorType'>): IssuerOptions => ({
  issuer: name,
  jwks,
  algorithms: ['RS256'],
  ...options,
});
/** RFC 9068 §5, as the operator of such a provider states it. */
const RFC_9068 = { user: { claim: 'sub', differsFrom: 'client_id' } };
/** A service where the provider names no subject. */
const NO_SUBJECT = { user: { claim: 'sub' }, service: { claim: 'client_id', unless: { claim: 'sub' } } };
/** ADFS has nothing else that its ID tokens lack. */
const UNTYPED = { accessTokenClaim: { claim: 'appid' }, claims: { clientId: 'appid', scope: 'scp' } };

const ISSUERS = {
  hydra: issuer('https://hydra.test', { actorType: RFC_9068, accessTokenClaim: { claim: 'client_id' } }),
  supabase: issuer('https://shop.supabase.test/auth/v1', {
    audience: ['authenticated'],
    accessTokenClaim: { claim: 'session_id' },
    claims: { clientId: 'client_id' },
    actorType: {
      user: { claim: 'role', values: ['authenticated'], unless: { claim: 'is_anonymous', values: [true] } },
      service: { claim: ['app_metadata', 'level'], values: [9] },
    },
  }),
  duende: issuer('https://duende.test', { actorType: NO_SUBJECT }),
  stytch: issuer('stytch.com/project-live-1', { actorType: RFC_9068, accessTokenClaim: { claim: 'client_id' } }),
  acme: issuer('acme.com', { actorType: RFC_9068 }),
  pingAm: issuer('https://am.shop.test:443/am/oauth2', {
    accessTokenClaim: { claim: 'tokenName', values: ['access_token'] },
    claims: { clientId: 'client_id' },
    actorType: RFC_9068,
  }),
  adfs: issuer('http://sts.shop.test/adfs/services/trust', {
    ...UNTYPED,
    actorType: { user: { claim: 'sub', differsFrom: 'appid' } },
  }),
};

const atJwt = (claims: Record<string, unknown>): DocumentedToken => ({ header: { typ: 'at+jwt' }, claims });
const common = { aud: MCP, client_id: 'app', scope: 'orders:read' };
const hydra = jwt({ ...common, iss: ISSUERS.hydra.issuer, sub: 'alice' });
const supabase = jwt({
  ...common,
  iss: ISSUERS.supabase.issuer,
  aud: 'authenticated',
  sub: 'alice',
  role: 'authenticated',
  is_anonymous: false,
  session_id: 's',
  amr: [{ method: 'password', timestamp: 1 }],
  app_metadata: { provider: 'email' },
});
const duende = atJwt({ ...common, iss: ISSUERS.duende.issuer });

type Verdict = readonly [type: 'user' | 'service', sub: string] | AuditReason;

const CASES: [what: string, verdict: Verdict, token: DocumentedToken][] = [
  ['Hydra, Logto, Authelia: a user', ['user', 'alice'], hydra],
  ['Hydra, Logto, Authelia: a service, which is its own client', ['service', 'app'], having(hydra, { sub: 'app' })],
  ['Hydra: nobody', 'claim_missing', without(hydra, 'sub')],
  ['Supabase: a user', ['user', 'alice'], supabase],
  ['Supabase: an anonymous one, who is no user', 'actor_unclassified', having(supabase, { is_anonymous: true })],
  ['Supabase: the role of everybody', 'actor_unclassified', having(supabase, { role: 'anon' })],
  [
    'Supabase: both kinds of evidence, one of them nested',
    'actor_unclassified',
    having(supabase, { app_metadata: { level: 9 } }),
  ],
  [
    'Supabase: evidence of a service, nested and a number',
    ['service', 'alice'],
    having(supabase, { role: 'service', app_metadata: { level: 9 } }),
  ],
  [
    'Supabase: the number as a text, which is another value',
    'actor_unclassified',
    having(supabase, { role: 'service', app_metadata: { level: '9' } }),
  ],
  ['Duende, PingOne: a service without a subject, which is its client', ['service', 'app'], duende],
  ['Duende, PingOne: a service whose subject is null', ['service', 'app'], having(duende, { sub: null })],
  ['Duende: a user', ['user', 'alice'], having(duende, { sub: 'alice' })],
  ['Duende: a subject that says nothing', 'claim_invalid', having(duende, { sub: '' })],
  ['Duende: neither subject nor client', 'claim_missing', without(duende, 'client_id')],
  ['Stytch: an issuer that is no URL', ['user', 'alice'], having(hydra, { iss: ISSUERS.stytch.issuer })],
  ['an issuer that almost has the name', 'issuer_unknown', having(hydra, { iss: `${ISSUERS.stytch.issuer}/` })],
  ['a domain as an issuer', ['user', 'alice'], atJwt({ ...common, iss: 'acme.com', sub: 'alice' })],
  ['the same domain as a URL', 'issuer_unknown', atJwt({ ...common, iss: 'https://acme.com', sub: 'alice' })],
  [
    'PingAM, ForgeRock AM: a header that says that nothing is compressed',
    ['user', 'alice'],
    {
      header: { typ: 'JWT', zip: 'NONE' },
      claims: {
        ...common,
        iss: ISSUERS.pingAm.issuer,
        sub: 'alice',
        cts: 'OAUTH2_STATELESS_GRANT',
        tokenName: 'access_token',
        scope: ['orders:read'],
      },
    },
  ],
  [
    'ADFS: an issuer that is an http URL, which nobody calls',
    ['user', 'alice'],
    jwt({
      iss: ISSUERS.adfs.issuer,
      aud: MCP,
      sub: 'alice',
      appid: 'app',
      scp: 'orders:read',
      auth_time: '2016-02-16T06:42:21.629Z',
    }),
  ],
];

describe('a provider without a preset', () => {
  let world: World;
  let door: DoorApp;
  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, { imports: [MeModule], options: { issuers: Object.values(ISSUERS) } });
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  const policies = new Map(
    Object.values(ISSUERS).map(({ issuer: name, jwks: keys, actorType, audience, ...options }) => [
      name,
      issuerPolicy({
        algorithms: options.algorithms,
        ...(options.accessTokenClaim && { accessTokenClaim: options.accessTokenClaim }),
        ...(options.claims && { claims: options.claims }),
        issuer: name,
        keys: staticKeys(keys!),
        audience: audience ?? [MCP],
        ...actorType,
      }),
    ]),
  );

  it.each(CASES)('%s: %j, at the boundary and in core alike', async (_what, verdict, token) => {
    const signed = await sign(token);
    const { status, body, records } = await door.send(['Authorization', `Bearer ${signed}`], { path: '/me' });
    const core = await verifyAccessToken(signed, policies).then(
      ({ type, sub }) => [type, sub],
      ({ code }: { code: string }) => code,
    );
    const { actor } = JSON.parse(body) as { actor?: { type: string; sub: string } };
    expect(status === 200 ? [actor!.type, actor!.sub] : records.at(-1)?.reason).toEqual(verdict);
    expect(core).toEqual(verdict);
  });

  it('is named to clients only where a client can look something up', async () => {
    const metadata = await fetch(`${door.url}/.well-known/oauth-protected-resource/mcp`);
    expect(((await metadata.json()) as { authorization_servers: string[] }).authorization_servers).toEqual(
      [ISSUERS.hydra, ISSUERS.supabase, ISSUERS.duende, ISSUERS.pingAm].map(({ issuer: name }) => name),
    );
  });
});

describe('an issuer that is no https URL', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());
  const start = (...issuers: (IssuerOptions | IssuerSource)[]) =>
    startDoor(world, { imports: [MeModule], options: { issuers } });
  const { jwks: _jwks, ...keyless } = ISSUERS.acme;
  const client = { clientId: 'mcp', auth: { method: 'client_secret_basic' as const, secret: 'secret' } };

  it.each<[what: string, options: Partial<IssuerOptions> & { issuer: string }]>([
    ['keys that would have to be discovered', { ...keyless, jwksUri: 'discovery' }],
    ['no keys', keyless],
    ['a client, and no endpoint to use it at', { ...ISSUERS.acme, client }],
    ['white space in its name', { ...ISSUERS.acme, issuer: 'acme .com' }],
    ['an empty name', { ...ISSUERS.acme, issuer: '' }],
    ['a line break in its name', { ...ISSUERS.acme, issuer: 'acme.com\n' }],
  ])('is refused at boot with %s', async (_what, options) => {
    await expect(start(options as IssuerOptions)).rejects.toThrow(
      'One that is none needs "jwks" or the URL of its keys as "jwksUri"',
    );
  });

  it('is refused at boot with keys at an address without TLS', async () => {
    await expect(start({ ...keyless, jwksUri: 'http://keys.test/jwks' })).rejects.toThrow(
      'issuers[0].jwksUri must be the https URL of the JWK Set',
    );
  });

  it('may have a client where its endpoints are said, and keys at a URL', async () => {
    const door = await start({
      ...keyless,
      jwksUri: 'https://keys.test/jwks',
      client,
      metadata: { tokenEndpoint: 'https://acme.com/token' },
    });
    await door.close();
  });

  it('is asked of no issuer source: a source knows URLs alone', async () => {
    const asked: string[] = [];
    class Source extends IssuerSource {
      readonly advertised = [];
      find(name: string) {
        asked.push(name);
        return Promise.resolve(undefined);
      }
    }
    const door = await start(new Source());
    for (const iss of ['acme.com', 'https://other.test'])
      await door.send(['Authorization', `Bearer ${await sign(atJwt({ ...common, iss, sub: 'alice' }))}`], {
        path: '/me',
      });
    expect(asked).toEqual(['https://other.test']);
    await door.close();
  });
});
