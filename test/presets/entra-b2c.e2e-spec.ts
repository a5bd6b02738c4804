import { type IssuerOptions, IssuerSource } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { type DocumentedToken, having, jwt, without } from './fixtures/tokens.js';
import { type Caller, jwks, MeModule, sign } from './providers.js';

const [DIRECTORY, API, APP] = [
  'aaaabbbb-0000-cccc-1111-dddd2222eeee',
  '00001111-aaaa-2222-bbbb-3333cccc4444',
  '11112222-bbbb-3333-cccc-4444dddd5555',
];
const [SIGN_IN, EDIT] = ['b2c_1_sign_in', 'b2c_1_edit'];
const issuerOf = (policy: string) => `https://shop.b2clogin.com/tfp/${DIRECTORY}/${policy}/v2.0/`;

/** The recipe of docs/providers/entra-id.md: one issuer for each user flow, as "Configure tokens" words it (Issuer (iss) claim with `tfp`). */
class UserFlows extends IssuerSource {
  readonly advertised = [];

  constructor(private readonly flows: readonly string[]) {
    super();
  }

  find(issuer: string): Promise<IssuerOptions | undefined> {
    const flow = this.flows.find(one => issuer === issuerOf(one));
    return Promise.resolve(flow === undefined ? undefined : userFlow(flow));
  }
}

const userFlow = (flow: string): IssuerOptions => ({
  issuer: issuerOf(flow),
  jwksUri: `https://shop.b2clogin.com/shop.onmicrosoft.com/${flow}/discovery/v2.0/keys`,
  algorithms: ['RS256'],
  audience: [API],
  accessTokenClaim: { claim: 'scp' },
  claims: { clientId: 'azp', scope: 'scp' },
  actorType: { user: { claim: 'scp' } },
});

/** "Overview of tokens in Azure AD B2C": the claims of both kinds of token. */
const access: DocumentedToken = jwt({
  iss: issuerOf(SIGN_IN),
  sub: '884408e1-2918-4c00-9f3c-62b9bd9ec3b1',
  aud: API,
  acr: SIGN_IN,
  tfp: SIGN_IN,
  nonce: '12345',
  scp: 'orders:read',
  azp: APP,
  ver: '1.0',
  nbf: 1711280970,
});
const id: DocumentedToken = having(without(access, 'scp', 'azp'), { aud: APP, auth_time: 1711280970 });

describe('Azure AD B2C, an issuer for each user flow', () => {
  let app: TestApp;
  let fetched: string[];

  beforeEach(async () => {
    fetched = [];
    app = await startApp(
      { issuerOptions: () => undefined as never },
      {
        imports: [MeModule],
        options: {
          issuers: [new UserFlows([SIGN_IN])],
          ports: {
            fetch: input => (
              fetched.push(input instanceof Request ? input.url : `${input}`),
              Promise.resolve(Response.json(jwks))
            ),
          },
        },
      },
    );
  });
  afterEach(() => app?.close());

  const call = async (token: DocumentedToken) => {
    const response = await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${await sign(token)}` } });
    return { status: response.status, caller: (await response.json()) as Caller };
  };

  it('takes the access token of a user flow that is listed, with the keys of that flow', async () => {
    expect(await call(access)).toEqual({
      status: 200,
      caller: { actor: { type: 'user', sub: access.claims.sub }, client: APP, scopes: ['orders:read'] },
    });
    expect(fetched).toEqual([`https://shop.b2clogin.com/shop.onmicrosoft.com/${SIGN_IN}/discovery/v2.0/keys`]);
  });

  it.each<[string, DocumentedToken]>([
    ['the ID token', id],
    ['the ID token, asked for with the API as client', having(id, { aud: API })],
    ['a token of a flow that is not listed', having(access, { iss: issuerOf(EDIT), tfp: EDIT, acr: EDIT })],
    ['a token without the flow in its issuer', having(access, { iss: `https://shop.b2clogin.com/${DIRECTORY}/v2.0/` })],
    ['a token of another name', having(access, { iss: issuerOf(SIGN_IN).replace('shop.', 'evil.') })],
    ['a token for another API', having(access, { aud: APP })],
  ])('refuses %s', async (_what, token) => {
    expect((await call(token)).status).toBe(401);
    expect(fetched.filter(url => !url.includes(`/${SIGN_IN}/`))).toEqual([]);
  });
});
