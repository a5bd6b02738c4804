import { TestAuthorizationServer } from 'nestjs-eie/testing';

const CLIENT_ID = 'https://client.test/metadata.json';

describe('a hostile client of the test authorization server', () => {
  let server: TestAuthorizationServer | undefined;
  const start = async (fetcher?: typeof fetch): Promise<TestAuthorizationServer> =>
    (server = await TestAuthorizationServer.start({
      audience: 'https://mcp.shop.test/mcp',
      ...(fetcher && { fetch: fetcher }),
    }));
  afterEach(() => server?.close());

  const register = async ({ url }: TestAuthorizationServer, name: string, redirectUri: string) => {
    const body = JSON.stringify({
      client_name: name,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    });
    return (await (await fetch(`${url}/register`, { method: 'POST', body })).json()) as Record<string, string>;
  };
  const authorize = ({ url }: TestAuthorizationServer, clientId: string, redirectUri: string): Promise<Response> => {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    });
    return fetch(`${url}/authorize?${query}`);
  };

  it('cannot turn around, by its name, what the user reads', async () => {
    const redirectUri = 'http://127.0.0.1/callback';
    const { client_id } = await register(await start(), 'Desk\u202e\u2066\u0007evil', redirectUri);
    const page = await (await authorize(server!, client_id!, redirectUri)).text();
    expect(page).toContain('Desk\ufffd\ufffd\ufffdevil');
    expect(page).not.toMatch(/\p{Bidi_Control}/u);
  });

  it('cannot show the host of a web site for an address of its own scheme', async () => {
    const redirectUri = 'com.evil://accounts.shop.test/callback';
    const { client_id } = await register(await start(), 'Desk', redirectUri);
    const page = await (await authorize(server!, client_id!, redirectUri)).text();
    expect(page).toContain(`<dd>an app on this machine: ${redirectUri}</dd>`);
  });

  it('cannot fill the memory by what it registers', async () => {
    const { error } = await register(await start(), 'x'.repeat(20_000), 'http://127.0.0.1/callback');
    expect(error).toBe('invalid_client_metadata');
  });

  it('cannot fill the memory by a document that does not end', async () => {
    let sent = 0;
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        // Without a bound this document would be read for as long as the test may take.
        if ((sent += 1_024) > 10 * 1_048_576) controller.close();
        else controller.enqueue(new Uint8Array(1_024));
      },
      cancel: () => void (isCancelled = true),
    });
    await start(async () => new Response(body));
    expect((await authorize(server!, CLIENT_ID, 'https://client.test/callback')).status).toBe(400);
    expect(isCancelled).toBe(true);
    expect(sent).toBeLessThan(100 * 1_024);
  });

  it('is refused where its document breaks off', async () => {
    const body = new ReadableStream({ pull: controller => controller.error(new Error('reset')) });
    await start(async () => new Response(body));
    expect((await authorize(server!, CLIENT_ID, 'https://client.test/callback')).status).toBe(400);
  });
});
