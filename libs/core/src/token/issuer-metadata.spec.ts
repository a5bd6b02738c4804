import { IssuerMetadata } from './issuer-metadata.js';

const ISSUER = 'https://as.test/t/acme';
const [APPENDED, INSERTED, OPENID_INSERTED, OAUTH_APPENDED] = [
  'https://as.test/t/acme/.well-known/openid-configuration',
  'https://as.test/.well-known/oauth-authorization-server/t/acme',
  'https://as.test/.well-known/openid-configuration/t/acme',
  'https://as.test/t/acme/.well-known/oauth-authorization-server',
] as const;
const DOCUMENT = { issuer: ISSUER, jwks_uri: 'https://as.test/jwks', token_endpoint: 'https://as.test/token' };

/** A status, a body, or an error of `fetch`. */
type Answer = number | object | string | Error;

describe('the metadata of an issuer', () => {
  let now: number;
  let served: Record<string, Answer>;
  let asked: string[];
  beforeEach(() => {
    now = 1000;
    served = {};
    asked = [];
  });

  const of = (issuer = ISSUER, url?: string) =>
    new IssuerMetadata(issuer, {
      clock: () => now * 1000,
      ...(url !== undefined && { url }),
      fetch: input => {
        asked.push(input as string);
        const answer = served[input as string] ?? 404;
        if (answer instanceof Error) return Promise.reject(answer);
        if (typeof answer === 'number') return Promise.resolve(new Response('', { status: answer }));
        return Promise.resolve(typeof answer === 'string' ? new Response(answer) : Response.json(answer));
      },
    });
  const failure = (metadata: IssuerMetadata) =>
    metadata.urlOf('token_endpoint').then(
      () => undefined,
      (error: object) => error,
    );

  it.each([APPENDED, INSERTED, OPENID_INSERTED, OAUTH_APPENDED])('is found at %s', async url => {
    served[url] = DOCUMENT;
    const metadata = of();
    expect(await metadata.urlOf('jwks_uri')).toBe(DOCUMENT.jwks_uri);
    expect(await metadata.urlOf('token_endpoint')).toBe(DOCUMENT.token_endpoint);
    expect(asked.filter(one => one === url)).toHaveLength(1);
  });

  it.each([
    [
      'https://as.test',
      ['https://as.test/.well-known/openid-configuration', 'https://as.test/.well-known/oauth-authorization-server'],
    ],
    [
      'https://as.test/',
      ['https://as.test/.well-known/openid-configuration', 'https://as.test/.well-known/oauth-authorization-server'],
    ],
    [`${ISSUER}/`, [APPENDED, INSERTED, OPENID_INSERTED, OAUTH_APPENDED]],
    [ISSUER, [APPENDED, INSERTED, OPENID_INSERTED, OAUTH_APPENDED]],
  ])('of %s is looked for nowhere else', async (issuer, urls) => {
    await failure(of(issuer));
    expect([...new Set(asked)]).toEqual(urls);
  });

  it('is where the operator says, for an issuer whose name does not lead to it', async () => {
    const url = 'https://b2c.test/shop/policy/v2.0/.well-known/openid-configuration?p=policy';
    served[url] = DOCUMENT;
    expect(await of(ISSUER, url).urlOf('jwks_uri')).toBe(DOCUMENT.jwks_uri);
    expect(asked).toEqual([url]);
  });

  it('is fetched once for several who ask at once, and again after five minutes, first where it was', async () => {
    served[INSERTED] = DOCUMENT;
    const metadata = of();
    await Promise.all([metadata.urlOf('jwks_uri'), metadata.urlOf('token_endpoint'), metadata.find('jwks_uri')]);
    now += 299;
    await metadata.urlOf('jwks_uri');
    expect(asked).toEqual([APPENDED, INSERTED]);
    now += 1;
    served[INSERTED] = { ...DOCUMENT, token_endpoint: 'https://as.test/new' };
    expect(await metadata.urlOf('token_endpoint')).toBe('https://as.test/new');
    expect(asked).toEqual([APPENDED, INSERTED, INSERTED]);
  });

  it('is believed for a day of outage, and asked for every 30 seconds meanwhile', async () => {
    served[APPENDED] = DOCUMENT;
    const metadata = of();
    await metadata.urlOf('token_endpoint');
    served[APPENDED] = new TypeError('fetch failed');
    now += 300;
    for (let i = 0; i < 3; i++) expect(await metadata.urlOf('token_endpoint')).toBe(DOCUMENT.token_endpoint);
    expect(asked).toHaveLength(2);
    now += 86_099;
    expect(await metadata.urlOf('token_endpoint')).toBe(DOCUMENT.token_endpoint);
    now += 1;
    expect(await failure(metadata)).toMatchObject({ isOutage: true });
  });

  it('that was never there is asked for again after 1 second, and then ever later up to 30', async () => {
    served[APPENDED] = new TypeError('fetch failed');
    const metadata = of();
    const at: number[] = [];
    for (let second = 0; second <= 93; second++, now++) {
      const before = asked.length;
      for (let i = 0; i < 3; i++) expect(await failure(metadata)).toMatchObject({ isOutage: true });
      if (asked.length > before) at.push(second);
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
    expect(asked).toHaveLength(at.length);
    served[APPENDED] = DOCUMENT;
    now += 30;
    expect(await metadata.urlOf('token_endpoint')).toBe(DOCUMENT.token_endpoint);
  });

  it('is fetched again when the clock was set back', async () => {
    served[APPENDED] = DOCUMENT;
    const metadata = of();
    await metadata.urlOf('token_endpoint');
    now -= 10;
    await metadata.urlOf('token_endpoint');
    expect(asked).toHaveLength(2);
  });

  it.each<[string, Record<string, Answer>, object]>([
    ['is nowhere', {}, { url: APPENDED, status: 404 }],
    ['is a page', { [APPENDED]: '<html>', [INSERTED]: '<html>' }, { url: APPENDED, status: 200 }],
    ['is a redirect', { [APPENDED]: 302 }, { url: APPENDED, status: 302 }],
    [
      'names another issuer',
      { [INSERTED]: { ...DOCUMENT, issuer: 'https://as.test' } },
      { url: INSERTED, received: 'https://as.test', expected: ISSUER },
    ],
    ['names none', { [APPENDED]: {} }, { url: APPENDED, claim: 'iss', expected: ISSUER }],
    ['is no object', { [APPENDED]: 'null' }, { url: APPENDED, claim: 'iss' }],
  ])('that %s is a fault of the configuration, and no outage', async (_what, documents, finding) => {
    Object.assign(served, documents);
    expect(await failure(of())).toMatchObject({ isOutage: false, finding });
  });

  it.each<[string, Answer, object]>([
    [
      'does not answer',
      Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }),
      { status: 'ECONNREFUSED' },
    ],
    ['is late', Object.assign(new Error('late'), { name: 'TimeoutError' }), { status: 'TimeoutError' }],
    ['fails', 500, { status: 500 }],
    ['asks for patience', 429, { status: 429 }],
  ])('of an issuer that %s may be there later', async (_what, answer, finding) => {
    served[APPENDED] = answer;
    expect(await failure(of())).toMatchObject({ isOutage: true, finding: { url: APPENDED, ...finding } });
    // Not four time-outs for one question.
    if (typeof answer !== 'number') expect(asked).toEqual([APPENDED]);
  });

  it('says how to do without it', async () => {
    expect(await failure(of())).toMatchObject({
      finding: { fix: expect.stringContaining('"metadata: { tokenEndpoint }"') },
    });
  });

  it.each(['http://as.test/token', 'ftp://as.test', 'token', 7, null, undefined])('has no endpoint %j', async url => {
    served[APPENDED] = { ...DOCUMENT, token_endpoint: url };
    const metadata = of();
    expect(await failure(metadata)).toMatchObject({ isOutage: false, finding: { claim: 'token_endpoint' } });
    expect(await metadata.find('token_endpoint')).toBeUndefined();
  });

  it.each(['http://127.0.0.1:2375/containers', 'http://localhost/token', 'http://[::1]:8080/token'])(
    'leads to no http service on this machine, unless it is from here itself: %s',
    async url => {
      const local = 'http://localhost:8080';
      served[APPENDED] = { ...DOCUMENT, token_endpoint: url, jwks_uri: url };
      expect(await failure(of())).toMatchObject({ isOutage: false, finding: { claim: 'token_endpoint' } });
      expect(await of().find('jwks_uri')).toBeUndefined();
      served[`${local}/.well-known/openid-configuration`] = { issuer: local, token_endpoint: url };
      expect(await of(local).urlOf('token_endpoint')).toBe(url);
      served[`${local}/metadata`] = { ...DOCUMENT, token_endpoint: url };
      expect(await of(ISSUER, `${local}/metadata`).urlOf('token_endpoint')).toBe(url);
    },
  );
});
