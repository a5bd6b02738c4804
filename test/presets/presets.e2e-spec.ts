import { type DoorApp, type Knock, startDoor } from '../support/door.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';
import { type DocumentedToken, having } from './fixtures/tokens.js';
import { MeModule, PROVIDERS, refused, sign } from './providers.js';

const ours = ({ audience = [MCP] }: { audience?: string[] }) => audience[0];

describe('all presets in one application', () => {
  let world: World;
  let door: DoorApp;
  const present = async (token: DocumentedToken): Promise<Knock> =>
    door.send(['Authorization', `Bearer ${await sign(token)}`], { path: '/me' });

  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, {
      imports: [MeModule],
      options: { issuers: PROVIDERS.map(([, { options }]) => options) },
    });
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  describe.each(PROVIDERS)('%s', (_name, { options, tokens, user, service }) => {
    it('lets a user in: actor, tenant, client, scopes and roles are those of the access token', async () => {
      const { status, body } = await present(tokens.access);
      expect({ status, caller: JSON.parse(body) }).toEqual({ status: 200, caller: user });
    });

    it('refuses the ID token of the same user', async () => {
      expect(await present(tokens.id)).toEqual(refused('token_type_refused', 'Me.show'));
    });

    it('refuses the ID token even for a client that has our identifier', async () => {
      expect(await present(having(tokens.id, { aud: ours(options) }))).toEqual(
        refused('token_type_refused', 'Me.show'),
      );
    });

    it('knows a client-credentials token as a service', async () => {
      const { status, body } = await present(tokens.service);
      expect({ status, caller: JSON.parse(body) }).toEqual({ status: 200, caller: service });
    });

    it('refuses a token for another audience', async () => {
      expect(await present(having(tokens.access, { aud: ORDERS }))).toEqual(refused('audience_refused', 'Me.show'));
      expect(await present(having(tokens.access, { aud: [ours(options), ORDERS] }))).toEqual(
        refused('audience_refused', 'Me.show'),
      );
    });
  });
});
