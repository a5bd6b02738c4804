import { TestAuthorizationServer } from 'nestjs-eie/testing';

const ALLOWED = 'access-control-allow-origin';

describe('a page that asks the test authorization server', () => {
  let server: TestAuthorizationServer;
  beforeAll(async () => {
    server = await TestAuthorizationServer.start();
  });
  afterAll(() => server.close());

  const PATHS = ['/.well-known/oauth-authorization-server', '/jwks', '/token', '/register'];
  const allowed = async (path: string, origin: string, method = 'GET'): Promise<(string | null)[]> => {
    const { headers } = await fetch(server.url + path, { method, headers: { origin } });
    return [headers.get(ALLOWED), headers.get('vary')];
  };

  it.each(['http://127.0.0.1:6274', 'http://localhost:5173', 'http://[::1]:8080'])(
    'reads its answers at another port of this machine: %s',
    async origin => {
      for (const path of PATHS)
        for (const method of ['GET', 'OPTIONS'])
          expect(await allowed(path, origin, method)).toEqual([origin, 'origin']);
    },
  );

  it.each(['https://evil.test', 'http://127.0.0.1.evil.test', 'null'])('reads nothing elsewhere: %s', async origin => {
    for (const path of PATHS)
      for (const method of ['GET', 'OPTIONS']) expect(await allowed(path, origin, method)).toEqual([null, 'origin']);
  });

  it.each(['https://evil.test', 'null'])(
    'changes nothing from elsewhere, also where it reads nothing: %s',
    async origin => {
      const body = JSON.stringify({ redirect_uris: ['https://evil.test/callback'] });
      for (const path of ['/register', '/token'])
        expect((await fetch(server.url + path, { method: 'POST', headers: { origin }, body })).status).toBe(403);
    },
  );

  it('reads the page that asks the user nowhere', async () => {
    expect((await allowed('/authorize', 'http://127.0.0.1:6274'))[0]).toBeNull();
  });
});
