import { Controller, Get, Req } from '@nestjs/common';
import { Authenticated, Identity, Public } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { makeCertificate } from '../support/certificates.js';
import { sendRaw } from '../support/loopback.js';
import { headersFor, message } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

interface Incoming {
  headers: Record<string, unknown>;
}

@Controller()
class Handlers {
  @Get('me')
  @Authenticated()
  me(@Identity('actor.sub') sub: string, @Req() { headers }: Incoming) {
    return { sub, headers: { ...headers } };
  }

  @Get('open')
  @Public({ reason: 'everybody may read it' })
  open(@Req() { headers }: Incoming) {
    return { headers: { ...headers } };
  }
}

@ToolController()
class Tools {
  @Tool({ name: 'go', description: 'Goes.' })
  @Authenticated()
  go() {
    return 'gone';
  }
}

/** What a caller can send without a valid token: it is a credential by its name. */
const UNVERIFIED = ['Txn-Token', 'Proxy-Authorization', 'DPoP'];
const OF_A_PROXY: [header: string, value: string][] = [
  ['X-Forwarded-For', '203.0.113.195, 198.51.100.7'],
  ['X-Forwarded-Host', 'shop-of-the-customer.test'],
  ['Forwarded', 'for=203.0.113.195;host=shop-of-the-customer.test'],
  ['Origin', 'https://shop-of-the-customer.test'],
  ['Sec-Fetch-Site', 'cross-site-and-longer'],
  ['Content-Language', 'de-CH-1901-and-longer'],
  ['X-Real-Ip', '2001:db8:85a3::8a2e:370:7334'],
  ['X-Client-Verify', 'SUCCESS-and-longer-than-16'],
];

describe.each(ADAPTERS)('a caller on %s', adapter => {
  let world: World;
  let app: TestApp;
  const [victim, mallory] = [makeCertificate('victim'), makeCertificate('mallory')];

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [Handlers],
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1' })],
      options: {
        authorization: {
          proofOfPossession: { clientCertificate: { header: 'Client-Cert', proxies: ['127.0.0.1'] } },
          routes: [{ method: 'GET', path: '/legacy/*', access: 'unmanaged', reason: 'an application of its own' }],
        },
      },
    });
  });
  afterAll(() => Promise.all([app.close(), world.close()]));

  const get = async (path: string, headers: string[]) => {
    const { status, body } = await sendRaw(app.url + path, { headers });
    return { status, body, headers: (JSON.parse(body) as { headers?: Record<string, unknown> }).headers ?? {} };
  };
  const bearer = (token: string) => ['Authorization', `Bearer ${token}`];

  it.each(UNVERIFIED)('removes no header by sending its text as %s', async name => {
    for (const [header, value] of OF_A_PROXY)
      for (const text of [value, `Bearer ${value.split(/[/,]/).at(-1)!.trim()}`]) {
        const { headers } = await get('/open', [header, value, name, text]);
        expect([header, headers[header.toLowerCase()]]).toEqual([header, value]);
      }
  });

  it('removes no address that a proxy has added by sending it as a bearer token', async () => {
    for (const [header, value] of OF_A_PROXY.filter(([, text]) => /^[\d.:a-f, ]+$/.test(text))) {
      const { headers } = await get('/open', [header, value, ...bearer(value)]);
      expect([header, headers[header.toLowerCase()]]).toEqual([header, value]);
    }
  });

  it.each(['Txn-Token', 'Proxy-Authorization'])('does not get past the check of its origin by %s', async name => {
    const call = message('2026-07-28', 'tools/call', { name: 'go', arguments: {} }, 1);
    const headers = [
      ...Object.entries(headersFor('2026-07-28', call)).flat(),
      ...bearer(world.userToken()),
      'Origin',
      'https://evil.example.test',
    ];
    const more = [name, 'evil.example.test'];
    const answer = await sendRaw(`${app.url}/mcp`, {
      method: 'POST',
      body: JSON.stringify(call),
      headers: [...headers, ...more],
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(app.auditLog.events.at(-1)).toMatchObject({ outcome: 'refused', reason: 'origin_refused' });
  });

  it.each(UNVERIFIED)('does not make the line of the certificate that its proxy has added go by %s', async name => {
    const stolen = world.userToken({ claims: { cnf: { 'x5t#S256': victim.thumbprint } } });
    const line = ({ der }: typeof victim) => ['Client-Cert', `:${der.toString('base64')}:`];
    expect((await get('/me', [...bearer(stolen), ...line(victim)])).status).toBe(200);
    const text = mallory.der.toString('base64').slice(-42).replace(/=+$/, '');
    const { status } = await get('/me', [...bearer(stolen), ...line(victim), ...line(mallory), name, text]);
    expect(status).toBe(401);
  });

  it('does not put a certificate before that of its proxy, where a proxy joins both in one line', async () => {
    const stolen = world.userToken({ claims: { cnf: { 'x5t#S256': victim.thumbprint } } });
    const [own, added] = [victim, mallory].map(({ cert }) => encodeURIComponent(cert.trim())) as [string, string];
    const bytes = `:${mallory.der.toString('base64')}:`;
    const status = async (value: string) => (await get('/me', [...bearer(stolen), 'Client-Cert', value])).status;
    for (const chain of [own, `${own}%0A`, `${own}%0A${added}%0A`, `${own}${added}`])
      expect(await status(chain)).toBe(200);
    for (const between of [', ', ',', ' , ', '%0A, ', '%0A , ', '%0A%2C', '%2C', '%0Atext'])
      for (const joined of [added, bytes]) expect(await status(own + between + joined)).toBe(401);
  });

  it('still finds a copy of its token in no other header', async () => {
    const token = world.userToken();
    for (const header of [
      'Referer',
      'Cookie',
      'X-Copy',
      'X-Forwarded-Access-Token',
      'X-Forwarded-Authorization',
      'Via',
    ]) {
      const { status, headers } = await get('/me', [...bearer(token), header, `https://a.test/?t=${token}`]);
      expect([header, status, headers[header.toLowerCase()]]).toEqual([header, 200, undefined]);
    }
  });

  it.each([
    'Origin',
    'X-Forwarded-For',
    'X-Forwarded-Uri',
    'Forwarded',
    'Content-Language',
    'Sec-Fetch-Site',
    'Client-Cert',
  ])('is refused where the token stands in %s, which is never removed, on every handler', async header => {
    const token = world.userToken();
    for (const path of ['/me', '/open', '/legacy/x']) {
      const records = app.auditLog.events.length;
      const { status, body } = await get(path, [...bearer(token), header, `a, ${token}`]);
      expect([path, status, body.includes(token)]).toEqual([path, 400, false]);
      expect(app.auditLog.events.slice(records)).toMatchObject([
        { type: 'admission.refused', reason: 'request_malformed' },
      ]);
    }
  });
});
