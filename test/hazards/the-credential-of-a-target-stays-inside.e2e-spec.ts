import { inspect } from 'node:util';
import { ModulesContainer } from '@nestjs/core';
import { apiKey, basic, type EieError, type FinishedRequest, TargetCredential } from 'nestjs-eie';
import { type DelegatingApp, startDelegating, type Use } from '../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { tokensWithin } from '../support/reachable.js';
import { startWorld, type World } from '../support/world.js';

const KEY = 'wk-5f0c2b7a91d34e6680aa';
const PASSWORD = 'correct horse battery';
const QUOTED = 'pa"ss\\word-1234';
const ENCODED = 'c2VjcmV0/a2V5+d2l0aA==';
const PORTED = 'port-77a1e0c4b2d94f13';

class Port extends TargetCredential {
  readonly headers = ['authorization'] as const;
  readonly #secret = PORTED;
  authorize(_request: FinishedRequest) {
    return { authorization: `Session ${this.#secret}` };
  }
}

const SESSION = 'sid-4c1f0e9b7a6d';
class Parts extends TargetCredential {
  readonly headers = ['cookie', 'x-auth'] as const;
  authorize(_request: FinishedRequest) {
    return { cookie: `sid=${SESSION}; theme=dark`, 'x-auth': `user=mcp, key="${SESSION}-key"` };
  }
}

const failure = (error: unknown): string => (error as EieError).code;

describe('a tool that wants the credential of a target', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let other: Loopback;
  let app: DelegatingApp;
  let answer: (headers: Record<string, unknown>) => string;

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    api = await startLoopback((request, response) => {
      if (request.url === '/away') return void response.writeHead(302, { location: other.url }).end();
      if (request.url === '/header') response.setHeader('x-seen', answer(request.headers));
      response.end(answer(request.headers));
    });
    other = await startLoopback();
    const own = { mode: 'service_identity' as const, baseUrl: api.url };
    app = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions],
        targets: {
          key_api: { ...own, credential: apiKey({ header: 'X-Api-Key', secret: KEY }) },
          bearer_api: { ...own, credential: apiKey({ header: 'Authorization', secret: `Bearer ${KEY}` }) },
          basic_api: { ...own, credential: basic({ username: 'mcp', password: PASSWORD }) },
          quoted_api: { ...own, credential: basic({ username: 'mcp', password: QUOTED }) },
          encoded_api: { ...own, credential: apiKey({ header: 'X-Api-Key', secret: ENCODED }) },
          parts_api: { ...own, credential: new Parts() },
          port_api: { ...own, credential: new Port() },
          other_api: {
            ...own,
            baseUrl: other.url,
            credential: apiKey({ header: 'X-Other-Key', secret: 'of another target' }),
          },
        },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([api, other, issuer, world].map(one => one?.close()));
  });
  beforeEach(() => {
    answer = () => '{}';
    for (const one of [api, other]) one.requests.length = 0;
  });

  const TARGETS = ['key_api', 'bearer_api', 'basic_api', 'port_api'];
  const SECRETS = [KEY, PASSWORD, PORTED, Buffer.from(`mcp:${PASSWORD}`).toString('base64')];
  const run = <T>(use: Use<T>, target: string) => app.as(issuer.userToken, use, target);

  it('finds it in no credential object, and that object does nothing', () => {
    for (const credential of [
      apiKey({ header: 'X-Api-Key', secret: KEY }),
      basic({ username: 'mcp', password: PASSWORD }),
    ]) {
      const shown = inspect(credential, { showHidden: true, getters: true }) + JSON.stringify(credential);
      for (const secret of SECRETS) expect(shown).not.toContain(secret);
      expect(Reflect.ownKeys(credential)).toEqual([]);
      expect(Reflect.ownKeys(Object.getPrototypeOf(credential) as object)).toEqual(['constructor']);
      expect(Object.isFrozen(credential)).toBe(true);
    }
  });

  it.each(TARGETS)('gets no answer of %s that sends it back, in a header or in the body', async target => {
    answer = headers => String(headers['x-api-key'] ?? headers.authorization);
    expect(await run(one => one('/header'), target).catch(failure)).toBe('target_response_refused');
    const read: Use<string> = async one => (await one('/body')).text();
    expect(await run(read, target).catch(failure)).toBe('target_response_refused');
    answer = headers =>
      `{"debug":"<${String(headers['x-api-key'] ?? headers.authorization)
        .split(' ')
        .at(-1)}>"}`;
    expect(await run(read, target).catch(failure)).toBe('target_response_refused');
    expect(app.auditLog.last('delegation.refused')).toMatchObject({ reason: 'target_response_refused', target });
  });

  it('gets no answer that sends the password back instead of its encoding', async () => {
    answer = () => `{"login":{"password":"${PASSWORD}"}}`;
    expect(await run(async one => (await one('/')).text(), 'basic_api').catch(failure)).toBe('target_response_refused');
  });

  it('gets no answer with one value of a cookie, or of a list of parameters', async () => {
    const read: Use<string> = async one => (await one('/')).text();
    for (const part of [SESSION, `${SESSION}-key`]) {
      answer = () => JSON.stringify({ part });
      expect(await run(read, 'parts_api').catch(failure)).toBe('target_response_refused');
    }
    answer = () => '{"theme":"dark","user":"mcp"}';
    expect(await run(read, 'parts_api')).toBe('{"theme":"dark","user":"mcp"}');
  });

  const unicode = (text: string, which: RegExp) => text.replace(which, one => `\\u00${one.charCodeAt(0).toString(16)}`);

  it.each<[string, string, string, (json: string) => string]>([
    ['JSON.stringify', 'quoted_api', QUOTED, json => json],
    ['PHP', 'encoded_api', ENCODED, json => json.replaceAll('/', '\\/')],
    ['Gson', 'encoded_api', ENCODED, json => unicode(json, /=/g)],
    ['Gson, in capitals', 'encoded_api', ENCODED, json => unicode(json, /=/g).replaceAll('3d', '3D')],
    ['PHP and Gson', 'encoded_api', ENCODED, json => unicode(json, /=/g).replaceAll('/', '\\/')],
    ['an encoder of URLs', 'encoded_api', ENCODED, json => json.replace(ENCODED, encodeURIComponent(ENCODED))],
  ])('gets no answer that %s has escaped, as text or as JSON', async (_encoder, target, secret, escape) => {
    answer = () => escape(JSON.stringify({ deep: [{ value: secret }] }));
    expect(await run(one => one.json('/'), target).catch(failure)).toBe('target_response_refused');
    expect(await run(async one => (await one('/')).text(), target).catch(failure)).toBe('target_response_refused');
  });

  it('gets no value of json() in which other letters are escaped, not by the name of a member either', async () => {
    for (const secret of [KEY, `Bearer ${KEY}`])
      for (const json of [`{"a":["${unicode(secret, /[k5]/g)}"]}`, `{"${unicode(secret, /k/)}":1}`]) {
        answer = () => json;
        expect(await run(one => one.json('/'), 'key_api').catch(failure)).toBe('target_response_refused');
        expect(app.auditLog.last('delegation.refused')).toMatchObject({ reason: 'target_response_refused' });
      }
    const token = await issuer.freshToken();
    answer = () => JSON.stringify({ token }).replaceAll('.', '\\u002e');
    await app.as(token, one => one('/'), 'key_api').catch(failure);
    expect(await run(one => one.json('/'), 'key_api').catch(failure)).toBe('target_response_refused');
    answer = () => '{"text":"a \\"word\\" and \\u003d","__proto__":1}';
    expect(JSON.stringify(await run(one => one.json('/'), 'key_api'))).toBe(
      '{"text":"a \\"word\\" and =","__proto__":1}',
    );
  });

  it.each([
    ['key_api', 'x-API-key'],
    ['key_api', 'authorization'],
    ['basic_api', 'Authorization'],
    ['port_api', 'AUTHORIZATION'],
  ])('cannot set a header of %s in its place (%s)', async (target, header) => {
    const sending = run(one => one('/', { headers: { [header]: 'of the tool' } }), target);
    expect(await sending.catch(failure)).toBe('target_request_refused');
    expect(api.requests).toEqual([]);
  });

  it('cannot send it elsewhere: not by URL, nor by a redirect, nor through another target', async () => {
    for (const target of TARGETS) {
      for (const url of [`${other.url}/`, `//${new URL(other.url).host}/`])
        expect(await run(one => one(url), target).catch(failure)).toBe('target_url_refused');
      expect(await run(one => one('/away'), target).catch(failure)).toBe('target_redirect_refused');
    }
    expect(other.requests).toEqual([]);
    await run(one => one('/'), 'other_api');
    const sent = JSON.stringify(other.requests);
    for (const secret of SECRETS) expect(sent).not.toContain(secret);
  });

  it('finds it in no record', () => {
    const log = JSON.stringify(app.auditLog.events);
    for (const secret of SECRETS) expect(log).not.toContain(secret);
  });

  // Last: the walk holds up the process for seconds, in which idle connections end.
  it('finds it in nothing that the application can inject, nor in the fetch, in any form', async () => {
    const modules = app.app.get(ModulesContainer, { strict: false });
    const instances = [...modules.values()].flatMap(module =>
      [...module.providers.values(), ...module.controllers.values()].map(({ instance }) => instance),
    );
    const fetches = await Promise.all(TARGETS.map(target => run(one => Promise.resolve(one), target)));
    for (const root of [instances, fetches]) expect(tokensWithin(root, SECRETS)).toEqual([]);
    for (const one of [...instances, ...fetches]) {
      const shown = inspect(one, { depth: 2, showHidden: true, maxArrayLength: 20 });
      expect(SECRETS.filter(secret => shown.includes(secret))).toEqual([]);
    }
  });
});
