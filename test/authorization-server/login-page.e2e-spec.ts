import * as oauth from 'oauth4webapi';
import { Cookies } from '../../src/authorization-server/cookies.js';
import { MCP, openShop, PASSWORD, REDIRECT_URI, type Shop } from './shop.js';

describe('the login page', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  const authorization = async (changes: Record<string, string> = {}) => {
    const url = new URL(shop.metadata.authorization_endpoint!);
    url.search = new URLSearchParams({
      client_id: 'assistant',
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      resource: MCP,
      scope: 'orders:read',
      state: 'first',
      code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()),
      code_challenge_method: 'S256',
      ...changes,
    }).toString();
    return url;
  };
  const open = async (changes?: Record<string, string>) => {
    const url = await authorization(changes);
    const cookies = new Cookies();
    const response = await fetch(url, { redirect: 'manual' });
    cookies.store(response);
    return { cookies, page: new URL(response.headers.get('location')!, url) };
  };

  it('says who asks for what, as text, and can load nothing', async () => {
    const { cookies, page } = await open();
    const response = await fetch(page, { headers: cookies.header(page) });
    const html = await response.text();
    expect(html).toContain('The &lt;Assistant&gt;');
    expect(html).toContain(MCP);
    expect(html).not.toContain('<script');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('is nothing to a browser that did not start the login', async () => {
    const { page } = await open();
    const body = new URLSearchParams({ username: 'alice', password: PASSWORD });
    expect((await fetch(page, { method: 'POST', body })).status).toBe(400);
  });

  it('takes a second attempt after a wrong password', async () => {
    const { cookies, page } = await open();
    const attempt = (password: string) => {
      const body = new URLSearchParams({ username: 'alice', password });
      return fetch(page, { method: 'POST', redirect: 'manual', headers: cookies.header(page), body });
    };
    const wrong = await attempt('wrong');
    expect(wrong.status).toBe(403);
    expect(await wrong.text()).toContain('User name or password is wrong.');
    expect((await attempt(PASSWORD)).status).toBe(303);
  });

  it('takes a small form and nothing else', async () => {
    const { cookies, page } = await open();
    const headers = cookies.header(page);
    expect((await fetch(page, { method: 'POST', headers, body: '{}' })).status).toBe(415);
    const body = new URLSearchParams({ username: 'x'.repeat(5000) });
    expect((await fetch(page, { method: 'POST', headers, body })).status).toBe(413);
  });

  it('is not shown again while the session lasts', async () => {
    const { cookies, page } = await open();
    const body = new URLSearchParams({ username: 'alice', password: PASSWORD });
    const answer = await fetch(page, { method: 'POST', redirect: 'manual', headers: cookies.header(page), body });
    cookies.store(answer);
    const again = async (from: URL): Promise<URL> => {
      const response = await fetch(from, { redirect: 'manual', headers: cookies.header(from) });
      cookies.store(response);
      expect(response.status).toBe(303);
      const to = new URL(response.headers.get('location')!, from);
      return to.origin === shop.issuer ? again(to) : to;
    };
    const first = await again(new URL(answer.headers.get('location')!, page));
    const second = await again(await authorization({ state: 'second', prompt: 'consent' }));
    expect(first.searchParams.get('code')).toEqual(expect.any(String));
    expect(second.searchParams.get('code')).toEqual(expect.any(String));
    expect(second.searchParams.get('state')).toBe('second');
  });

  it.each(['assistant', 'web'])('is not reached without PKCE through the client %s', async client_id => {
    const { page } = await open({ client_id, code_challenge: '', code_challenge_method: '' });
    expect(page.searchParams.get('error')).toBe('invalid_request');
  });
});
