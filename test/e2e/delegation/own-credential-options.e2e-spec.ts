import { apiKey, basic, type FinishedRequest, TargetCredential } from 'nestjs-eie';
import { startDelegating } from '../../support/delegating-app.js';
import { startWorld, type World } from '../../support/world.js';

const KEY = 'wk-5f0c2b7a91d34e6680aa';
const credential = apiKey({ header: 'X-Api-Key', secret: KEY });
const port = (headers: unknown): TargetCredential =>
  new (class extends TargetCredential {
    readonly headers = headers as [string];
    authorize(_request: FinishedRequest) {
      return {};
    }
  })();

describe('the credential of a target', () => {
  let world: World;
  beforeAll(async () => (world = await startWorld()));
  afterAll(() => world?.close());

  const boot = (target: object) =>
    startDelegating(world, {
      options: {
        targets: { key_api: { mode: 'service_identity', baseUrl: 'https://api.test', credential, ...target } as never },
      },
    });

  it.each<[what: string, target: object, message: string]>([
    ['with a user mode', { mode: 'on_behalf_of' }, 'key_api.credential needs mode "service_identity"'],
    [
      'beside an issuer',
      { issuer: 'https://login.test' },
      'leave out issuer: a target with a "credential" gets no token',
    ],
    ['beside what a token is for', { resource: 'x', audience: 'y' }, 'leave out resource, audience'],
    ['that is the secret itself', { credential: KEY }, 'credential must be apiKey({ header, secret })'],
    ['that is an object like one', { credential: { header: 'X-Api-Key', secret: KEY } }, 'credential must be apiKey('],
    [
      'of a tenant alone',
      { credential: undefined, tenants: { acme: { credential } } },
      'must be one of issuers[].issuer',
    ],
    ['that sets no header', { credential: port([]) }, 'headers: must name at least one header'],
    ['that sets the Txn-Token', { credential: port(['Txn-Token']) }, 'Txn-Token is set by the library'],
    [
      'that sets the length',
      { credential: port(['content-length']) },
      'content-length is set by the library or by fetch',
    ],
    ['that says who acts', { credential: port(['X-Actor-Sub']) }, 'X-Actor-Sub is set by the library'],
  ])('%s stops the boot with the fix, and without the secret', async (_what, target, message) => {
    const error: unknown = await boot(target).then(
      app => app.close(),
      (one: unknown) => one,
    );
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain(KEY);
  });

  it.each<[what: string, make: () => unknown, message: string]>([
    ['a short secret', () => apiKey({ header: 'X-Api-Key', secret: 'seven77' }), 'at least 8 characters'],
    [
      'a short secret behind a scheme',
      () => apiKey({ header: 'X-Api-Key', secret: 'Bearer x' }),
      'at least 8 characters',
    ],
    ['a secret of two lines', () => apiKey({ header: 'X-Api-Key', secret: `${KEY}\n` }), 'visible ASCII characters'],
    ['no secret', () => apiKey({ header: 'X-Api-Key', secret: undefined as never }), 'read it from your secret store'],
    ['a header that is none', () => apiKey({ header: 'X Api Key', secret: KEY }), 'must be the name of a header'],
    ['the host', () => apiKey({ header: 'Host', secret: KEY }), 'Host is set by the library or by fetch'],
    ['a colon in the user name', () => basic({ username: 'a:b', password: KEY }), 'username without a colon'],
    ['no password', () => basic({ username: 'mcp', password: '' }), 'at least 8 characters'],
  ])('is not made of %s', (_what, make, message) => {
    expect(make).toThrow(message);
    expect(make).not.toThrow(KEY);
  });
});
