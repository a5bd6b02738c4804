import { type Diagnostic } from 'execution-identity';
import { type EieOptions, type IssuerOptions, type TargetOptions } from 'nestjs-eie';
import { keycloak } from 'nestjs-eie/presets';
import { startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

type Hosts = NonNullable<EieOptions['ports']>['dangerouslyAllowHttp'];

const REASON = 'the mesh of the cluster does TLS';
const MESH: Hosts = [{ host: 'orders.svc:3000', for: 'target', reason: REASON }];
const COMPOSE: Hosts = [{ host: 'keycloak:8080', for: 'issuer', reason: 'Compose on my own machine' }];

describe('a host that is called over http', () => {
  let world: World;
  let api: Loopback;
  const reports: Diagnostic[] = [];
  /** The token endpoint that the metadata of the issuer name in place of the real one. */
  let announced: string | undefined;
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
  });
  beforeEach(() => {
    reports.length = 0;
    api.requests.length = 0;
    announced = undefined;
  });
  afterEach(() => void (process.env.NODE_ENV = 'test'));
  afterAll(() => Promise.all([world.close(), api.close()]));

  /** `orders.svc:3000` is on loopback, and a Keycloak has its keys where the world has them. */
  const routed: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (announced !== undefined && url.pathname.includes('/.well-known/')) {
      const document = (await (await fetch(input, init)).json()) as object;
      return Response.json({ ...document, token_endpoint: announced });
    }
    if (url.host === 'orders.svc:3000') return fetch(new Request(`${api.url}${url.pathname}`, input as Request), init);
    return fetch(input, init);
  };
  const target = (changes: Partial<TargetOptions> = {}): TargetOptions => ({
    mode: 'service_identity',
    baseUrl: 'http://orders.svc:3000',
    issuer: world.issuer,
    resource: ORDERS,
    scopes: ['orders:read'],
    ...changes,
  });
  const start = (hosts: Hosts, changes: { target?: Partial<TargetOptions>; issuer?: IssuerOptions } = {}) =>
    startDelegating(world, {
      options: {
        issuers: [world.issuerOptions(), ...(changes.issuer ? [changes.issuer] : [])],
        targets: { orders_api: target(changes.target) },
        signing: { keys: world.sealing.keys },
        ports: {
          fetch: routed,
          diagnostics: { report: one => reports.push(one) },
          ...(hosts && { dangerouslyAllowHttp: hosts }),
        },
      },
    });
  const compose = () => keycloak({ url: 'http://keycloak:8080', realm: 'shop' });

  it.each(['test', 'production'])(
    'is called as a target that is named, and said at boot, where NODE_ENV is %s',
    async env => {
      process.env.NODE_ENV = env;
      const app = await start(MESH);
      expect(await app.as(world.userToken(), async orders => (await orders('/')).status)).toBe(200);
      expect(api.requests).toHaveLength(1);
      expect(reports).toContainEqual({
        level: 'warn',
        message: expect.stringMatching(
          /orders\.svc:3000 is called over http as target.*the mesh of the cluster does TLS/,
        ),
      });
      expect(reports).toContainEqual({
        level: 'info',
        message: expect.stringContaining('Unusual: the target orders.svc:3000 is called over http.'),
      });
      await app.close();
    },
  );

  it.each<[string, Hosts]>([
    ['that nobody names', undefined],
    ['of another port', [{ host: 'orders.svc', for: 'target', reason: REASON }]],
    ['of another name', [{ host: 'svc:3000', for: 'target', reason: REASON }]],
    ['that is named as an issuer', [{ host: 'orders.svc:3000', for: 'issuer', reason: REASON }]],
  ])('is no target %s', async (_what, hosts) => {
    await expect(start(hosts)).rejects.toThrow(
      /targets\.orders_api has wrong options:\s+- baseUrl must be the https URL .* must be named in "ports\.dangerouslyAllowHttp" with for: "target"/,
    );
  });

  it('is an issuer that is named, for development, by its preset too', async () => {
    const app = await start([...MESH, ...COMPOSE], { issuer: compose() });
    expect(reports).toContainEqual({
      level: 'warn',
      message: expect.stringContaining('keycloak:8080 is called over http as issuer'),
    });
    const metadata = await (await fetch(`${app.url}/.well-known/oauth-protected-resource`)).json();
    expect(metadata).toMatchObject({ authorization_servers: [world.issuer, 'http://keycloak:8080/realms/shop'] });
    await app.close();
  });

  it('is no issuer in production, whoever names it', async () => {
    process.env.NODE_ENV = 'production';
    await expect(start([...MESH, ...COMPOSE], { issuer: compose() })).rejects.toThrow(
      /ports\.dangerouslyAllowHttp\[1\]\.for must be "target", or "issuer" where NODE_ENV is "development" or "test"/,
    );
  });

  it.each<[string, () => IssuerOptions]>([
    ['what a preset makes', compose],
    ['its keys', () => world.issuerOptions({ issuer: 'https://as.test', jwksUri: 'http://keycloak:8080/jwks' })],
    [
      'its metadata',
      () => world.issuerOptions({ issuer: 'https://as.test', metadata: 'http://keycloak:8080/metadata' }),
    ],
    [
      'its token endpoint',
      () =>
        world.issuerOptions({ issuer: 'https://as.test', metadata: { tokenEndpoint: 'http://keycloak:8080/token' } }),
    ],
    [
      'its name, which is looked up',
      () => world.issuerOptions({ issuer: 'http://keycloak:8080', jwksUri: 'discovery' }),
    ],
  ])('is no issuer that nobody names, not even for %s', async (_what, issuer) => {
    await expect(start(MESH, { issuer: issuer() })).rejects.toThrow(/issuers\[1\]\..* with for: "issuer"/);
  });

  it('is no token endpoint that an issuer names, and the operator is told that it must be https', async () => {
    announced = 'http://login.internal/token';
    const app = await start(MESH);
    await expect(app.as(world.userToken(), orders => orders('/'))).rejects.toMatchObject({
      code: 'delegation_misconfigured',
    });
    expect(reports.at(-1)!.message).toContain(
      `The metadata of ${world.issuer} has no "token_endpoint" with an https URL.`,
    );
    await app.close();
  });

  it.each<[object, RegExp]>([
    [{ host: '*.svc' }, /host must be a host in lower case/],
    [{ host: 'http://orders.svc:3000' }, /host must be a host in lower case/],
    [{ host: 'Orders.svc' }, /host must be a host in lower case/],
    [{ host: 'orders.svc:80' }, /host must be a host in lower case/],
    [{ reason: 'mesh' }, /reason must say, in a sentence/],
    [{ for: 'resource' }, /for must be "target"/],
  ])('is not named by %j', async (change, message) => {
    await expect(start([...MESH, { ...MESH[0]!, ...change }] as Hosts)).rejects.toThrow(message);
  });

  it('is never this server itself', async () => {
    const hosts: Hosts = [{ host: 'mcp.shop.test', for: 'target', reason: REASON }];
    const boot = startDelegating(world, {
      options: { resource: 'http://mcp.shop.test/mcp', targets: {}, ports: { dangerouslyAllowHttp: hosts } },
    });
    await expect(boot).rejects.toThrow('resource must be the https identifier of this server');
  });
});
