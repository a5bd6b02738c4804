import { type IncomingMessage } from 'node:http';
import { All, Controller, Req } from '@nestjs/common';
import { Authenticated, Public } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { sendRaw } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';

/** Everything that a handler can read of the headers of its request, in lower case, because Node writes names so. */
let seen = '';
const look = (request: IncomingMessage & { raw?: IncomingMessage }) => {
  const node = request.raw ?? request;
  seen = JSON.stringify([request.headers, node.headers, node.rawHeaders, node.headersDistinct]).toLowerCase();
  return 'looked';
};

@Controller()
class Looking {
  @All('protected')
  @Authenticated()
  protected(@Req() request: IncomingMessage) {
    return look(request);
  }

  @All('public')
  @Public({ reason: 'Anybody may look.' })
  public(@Req() request: IncomingMessage) {
    return look(request);
  }
}

describe.each(ADAPTERS)('a header that is named by a token, on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [Looking],
      options: {
        authorization: {
          routes: [
            {
              path: '/mounted',
              method: 'GET',
              access: 'unmanaged',
              reason: 'Another application authenticates there.',
            },
          ],
        },
      },
      prepare: application =>
        void application.use((request: IncomingMessage, _response: unknown, next: () => void) => {
          look(request);
          next();
        }),
    });
  });
  afterAll(() => Promise.all([app, world].map(one => one?.close())));
  beforeEach(() => {
    seen = '';
    app.auditLog.events.length = 0;
  });

  const OPAQUE = 'opaque-token-0123456789';

  describe.each(['protected', 'public'])('at a %s handler', path => {
    it.each<[what: string, name: (token: string) => string]>([
      ['the token', token => token],
      ['the token in lower case', token => token.toLowerCase()],
      ['the token behind the name of a header of proxies', token => `X-Forwarded-${token}`],
      ['the token and more', token => `x-${token}-y`],
    ])('is refused: %s', async (_what, name) => {
      for (const token of [world.userToken(), OPAQUE]) {
        const answer = await sendRaw(`${app.url}/${path}`, {
          headers: ['Authorization', `Bearer ${token}`, name(token), 'x'],
        });
        expect(answer.status).toBe(400);
        expect(seen).not.toContain(token.toLowerCase());
      }
      expect(app.auditLog.events).toEqual(
        Array.from({ length: 2 }, () =>
          expect.objectContaining({ type: 'admission.refused', reason: 'request_malformed', actor_sub: null }),
        ),
      );
    });
  });

  it('is refused where another application authenticates, if the token is one of this server', async () => {
    const token = world.userToken();
    const { status } = await sendRaw(`${app.url}/mounted`, { headers: [token, 'x'] });
    expect(status).toBe(400);
    expect(seen).not.toContain(token.toLowerCase());
  });

  it('is no way to take a header away: a caller who sends the name of one as a token is refused', async () => {
    const headers = ['Authorization', 'Bearer x-forwarded-proto', 'X-Forwarded-Proto', 'https'];
    expect(await sendRaw(`${app.url}/public`, { headers })).toMatchObject({ status: 400 });
  });

  it('is another one where it is long and no token: it is left alone', async () => {
    const name = `x-${'long-'.repeat(40)}name`;
    const headers = ['Authorization', `Bearer ${world.userToken()}`, name, 'value'];
    expect(await sendRaw(`${app.url}/protected`, { headers })).toMatchObject({ status: 200 });
    expect(seen).toContain(name);
  });
});
