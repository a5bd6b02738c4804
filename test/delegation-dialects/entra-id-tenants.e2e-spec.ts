import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import {
  type ClientOptions,
  type ClientQuestion,
  ClientSource,
  type DelegatedFetch,
  IdentityRevocation,
  inboundIssuer,
} from 'nestjs-eie';
import { entraIdTenants } from 'nestjs-eie/presets';
import { API, entraIdTokens } from '../presets/fixtures/entra-id.js';
import { having } from '../presets/fixtures/tokens.js';
import { jwks, sign } from '../presets/providers.js';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { type World } from '../support/world.js';
import { CLIENT, entraIdFake, ORDERS_API, ORDERS_URI } from './fakes/entra-id.js';
import { byCertificate } from './keys.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

/** The application brings its issuers. */
const NOWHERE = { issuerOptions: () => undefined } as unknown as World;

const [NORTH, SOUTH, STRANGER] = [
  'aaaabbbb-0000-cccc-1111-dddd2222eeee',
  '11112222-0000-3333-4444-555566667777',
  '99998888-0000-7777-6666-555544443333',
];
/** The registration that the second directory has made for itself. */
const OF_SOUTH = '77776666-5555-4444-3333-222211110000';
const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;

const tokenOf = (tenant: string, changes: object = {}) =>
  sign(having(entraIdTokens.access, { iss: issuerOf(tenant), tid: tenant, jti: randomUUID(), ...changes }));

class Registrations extends ClientSource {
  readonly questions: string[] = [];

  find({ issuer }: ClientQuestion) {
    this.questions.push(issuer);
    const known: Record<string, ClientOptions> = {
      [issuerOf(NORTH)]: CLIENT,
      [issuerOf(SOUTH)]: byCertificate(OF_SOUTH),
    };
    return Promise.resolve(known[issuer]);
  }
}

/** Each directory at its own path of the one host. */
async function startDirectories(clients: Record<string, ClientOptions>) {
  const endpoints: Record<string, TokenEndpoint> = {};
  for (const [tenant, client] of Object.entries(clients))
    endpoints[tenant] = await startTokenEndpoint(entraIdFake(undefined, undefined, { tenant, clients: [client] }));
  const called: string[] = [];
  const routed: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname === '127.0.0.1') return fetch(input, init);
    called.push(`${url}`);
    const route = endpoints[url.pathname.split('/')[1]!]?.routes[url.origin];
    if (!route) throw new Error(`nothing stands for ${url}`);
    return fetch(`${route}${url.pathname}${url.search}`, init);
  };
  return {
    called,
    routed,
    asked: () => Object.fromEntries(Object.entries(endpoints).map(([name, { requests }]) => [name, requests.length])),
    requests: (tenant: string) => endpoints[tenant]!.requests,
    close: async () => void (await Promise.all(Object.values(endpoints).map(one => one.close()))),
  };
}

type Directories = Awaited<ReturnType<typeof startDirectories>>;

describe.each([
  ['one registration for all directories', CLIENT, API],
  ['a registration of its own in each directory', byCertificate(OF_SOUTH), OF_SOUTH],
])('Entra ID for several directories, with %s', (_what, clientOfSouth, audienceInSouth) => {
  const isOne = clientOfSouth === CLIENT;
  let directories: Directories;
  let api: Loopback;
  let registrations: Registrations;
  let app: DelegatingApp;

  beforeEach(async () => {
    directories = await startDirectories({ [NORTH]: CLIENT, [SOUTH]: clientOfSouth, [STRANGER]: CLIENT });
    api = await startLoopback();
    registrations = new Registrations();
    const orders = {
      baseUrl: api.url,
      issuer: inboundIssuer('entraId'),
      resource: ORDERS_URI,
      audience: ORDERS_API,
      scopes: { 'orders:read': ['Orders.Read'] },
    };
    const source = entraIdTenants({
      audience: [API, OF_SOUTH],
      isAllowed: id => [NORTH, SOUTH].includes(id),
      jwks,
      ...(isOne && { client: CLIENT }),
    });
    app = await startDelegating(NOWHERE, {
      options: {
        issuers: [source],
        targets: {
          orders_api: { ...orders, mode: 'on_behalf_of', actEvidence: 'none' },
          service: { ...orders, mode: 'service_identity' },
        },
        ports: { fetch: directories.routed, ...(!isOne && { clients: registrations }) },
      },
    });
  });
  afterEach(() => Promise.all([app, api, directories].map(one => one.close())));

  const status = async (to: DelegatedFetch) => (await to('/orders')).status;
  const south = (changes: object = {}) => tokenOf(SOUTH, { aud: audienceInSouth, ...changes });
  const sent = () => api.requests.map(({ headers }) => decodeJwt(headers.authorization!.replace('Bearer ', '')));

  it("exchanges each user's token on their behalf, at the endpoint of their directory, as its client", async () => {
    const [first, second] = [await tokenOf(NORTH), await south()];
    for (const token of [first, second]) expect(await app.as(token, status)).toBe(200);
    expect(directories.asked()).toEqual({ [NORTH]: 1, [SOUTH]: 1, [STRANGER]: 0 });
    const endpoint = (tenant: string) => `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
    const asked = [NORTH, SOUTH].map(tenant => directories.requests(tenant)[0]!);
    expect(asked.map(({ parameters }) => parameters.assertion)).toEqual([first, second]);
    expect(asked.map(({ assertion }) => assertion!.claims)).toMatchObject([
      { iss: API, aud: endpoint(NORTH) },
      { iss: clientOfSouth.clientId, aud: endpoint(SOUTH) },
    ]);
    expect(sent()).toMatchObject([
      { iss: issuerOf(NORTH), tid: NORTH, aud: ORDERS_API, azp: API },
      { iss: issuerOf(SOUTH), tid: SOUTH, aud: ORDERS_API, azp: clientOfSouth.clientId },
    ]);
  });

  it("asks for this server's own token in the directory of the user, and never uses it for users of another", async () => {
    for (const token of [await tokenOf(NORTH), await south(), await tokenOf(NORTH), await south()])
      expect(await app.as(token, status, 'service')).toBe(200);
    expect(directories.asked()).toEqual({ [NORTH]: 1, [SOUTH]: 1, [STRANGER]: 0 });
    expect(sent().map(({ tid }) => tid)).toEqual([NORTH, SOUTH, NORTH, SOUTH]);
  });

  it('forgets what it has for a user whose directory has revoked them, and not what it has for others', async () => {
    const [first, second] = [await tokenOf(NORTH), await south()];
    for (const token of [first, second]) await app.as(token, status);
    await app.app
      .get(IdentityRevocation)
      .purge({ issuer: issuerOf(NORTH), sub: String(entraIdTokens.access.claims.oid) });
    await expect(app.as(first, status)).rejects.toThrow('answered with 401');
    expect(await app.as(second, status)).toBe(200);
    expect(directories.asked()).toEqual({ [NORTH]: 1, [SOUTH]: 1, [STRANGER]: 0 });
  });

  it.each<[string, () => Promise<string>]>([
    ['of a directory that is not accepted', () => tokenOf(STRANGER)],
    ['of one directory that names the other as its tenant', () => tokenOf(NORTH, { tid: SOUTH })],
    ['of no tenant', () => tokenOf(NORTH, { tid: undefined })],
    ['for another application', () => tokenOf(NORTH, { aud: ORDERS_API })],
    ...[
      'https://login.microsoftonline.com/common/v2.0',
      'https://login.microsoftonline.com/{tenantid}/v2.0',
      'https://login.microsoftonline.com/contoso.example/v2.0',
      `https://login.microsoftonline.com/${NORTH}`,
      `https://login.microsoftonline.com/${NORTH}/`,
      `https://login.microsoftonline.com/${NORTH}/v2.0/`,
      `https://login.microsoftonline.com/${NORTH}/v1.0`,
      `https://login.microsoftonline.com/${NORTH}/v2.0?a`,
      `https://login.microsoftonline.com/${NORTH}/v2.0\n`,
      `https://login.microsoftonline.com/${NORTH.toUpperCase()}/v2.0`,
      `https://login.microsoftonline.com/x/../${NORTH}/v2.0`,
      `https://login.microsoftonline.com.evil.test/${NORTH}/v2.0`,
      `https://login.microsoftonline.com@evil.test/${NORTH}/v2.0`,
      `https://evil.test/https://login.microsoftonline.com/${NORTH}/v2.0`,
      `http://login.microsoftonline.com/${NORTH}/v2.0`,
      `https://sts.windows.net/${NORTH}/`,
      `https://shop.b2clogin.com/${NORTH}/v2.0/`,
      `https://${NORTH}.ciamlogin.com/${NORTH}/v2.0`,
    ].map(iss => [`of ${JSON.stringify(iss)}`, () => tokenOf(NORTH, { iss })] as [string, () => Promise<string>]),
  ])('a token %s is refused, and nobody is called', async (_token, token) => {
    await expect(app.as(await token(), status)).rejects.toThrow('answered with 401');
    expect([directories.called, registrations.questions, api.requests]).toEqual([[], [], []]);
  });
});
