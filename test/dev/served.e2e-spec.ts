import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type DecodedToken, type DevCall } from 'nestjs-eie/internal/cli';
import { TestAuthorizationServer } from 'nestjs-eie/testing';
import { callTool, connect, ERAS } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { sendRaw } from '../support/loopback.js';
import { makeNestProject, type NestProjectFolder } from '../support/nest-project.js';
import { until } from '../support/until.js';
import { Binary, DevRun, linkPackages, LOADER } from './dev-run.js';

const REDIRECT = 'http://127.0.0.1/callback';
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/;

describe('nestjs-eie dev beside an application that init has set up', () => {
  let project: NestProjectFolder;
  let run: DevRun;
  let url: string;

  beforeAll(async () => {
    project = makeNestProject('esm');
    await project.init('--yes');
    linkPackages(project.folder);
    const port = await freePort();
    url = `http://localhost:${port}`;
    run = await DevRun.start(project.folder, ['--', `node --import ${LOADER} src/main.ts`], { PORT: String(port) });
    await run.reaches('listening', ({ audit }) => audit.state === 'reading');
  });

  afterAll(async () => {
    await run?.end();
    project?.remove();
  });

  const ended = (...args: string[]): ReturnType<Binary['ended']> => new Binary(project.folder, args).ended();
  const token = async (...args: string[]): Promise<string> => {
    const { code, output, notes } = await ended('token', ...args);
    if (code !== 0) throw new Error(notes);
    expect(output).toMatch(new RegExp(`^${JWT.source}\n$`));
    return output.trim();
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(run.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: run.url, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const pageToken = async (asked: object): Promise<string> => {
    const { token: made } = (await (await post('/token', asked)).json()) as { token: string };
    return made;
  };
  const call = async (is: (one: DevCall) => boolean): Promise<DevCall> => {
    let found: DevCall | undefined;
    await until(async () => (found = (await run.state()).calls.find(is)) !== undefined);
    return found!;
  };

  it.each(ERAS)('answers whoami to the official client of %s, with the token that the command prints', async era => {
    const client = await connect(url, await token('--sub', 'alice', '--agent', `desk-${era}`), era);
    expect((await callTool(client, 'whoami')).json).toEqual({ user: 'alice', agent: `desk-${era}` });
    await client.close();
    const { agents } = await run.state();
    expect(agents).toContain(`desk-${era}`);
    const shown = await call(({ agent, result }) => agent === `desk-${era}` && result.outcome === 'succeeded');
    expect(shown).toMatchObject({ user: 'alice', isService: false, handler: 'whoami', durationMs: expect.any(Number) });
  });

  it('shows a refusal with its cause and its fix', async () => {
    const expired = await token('--sub', 'bob', '--expires-in=-60');
    await expect(connect(url, expired)).rejects.toThrow();
    const { result, user } = await call(one => one.result.reason === 'token_expired');
    expect(user).toBeNull();
    expect(result).toMatchObject({ outcome: 'refused', cause: 'The token has expired.' });
    expect(result.fix).toMatch(/^Refresh the token/);
  });

  it('tells of each call on the stream of events, after the whole page', async () => {
    const stop = new AbortController();
    const { body } = await fetch(`${run.url}/events`, { signal: stop.signal });
    let text = '';
    const reading = (async () => {
      for await (const part of body!.pipeThrough(new TextDecoderStream())) text += part;
    })().catch(() => undefined);
    await until(() => text.includes('\n\n'));
    expect(Object.keys(JSON.parse(text.split('\n\n')[0]!.replace('data: ', '')))).toContain('clients');
    const client = await connect(url, await pageToken({ sub: 'bob', agent: 'streamed' }));
    await callTool(client, 'whoami');
    await client.close();
    await until(() => /data: \{"calls":\[\{[^\n]*"agent":"streamed"/.test(text));
    stop.abort();
    await reading;
    expect(text).not.toMatch(JWT);
  });

  it('keeps tokens out of what it prints, and of all that the page shows', async () => {
    const made = [await token('--sub', 'alice'), await pageToken({ sub: 'alice' })];
    for (const one of made) await post('/decode', { token: `${one}x` });
    const shown = JSON.stringify(await run.state()) + run.binary.output + run.binary.notes;
    for (const one of made) expect(shown).not.toContain(one.split('.')[2]);
    expect(shown).not.toMatch(JWT);
  });

  it.each([
    ['--scope-typo', 'x'],
    ['alice', ''],
    ['--expires-in', 'soon'],
    ['--expires-in', '86401'],
    ['--sub', 'a\u202eb'],
  ])('prints no token for a mistake: %s %s', async (...args) => {
    const { code, output, notes } = await ended('token', ...args.filter(Boolean));
    expect([code, output]).toEqual([2, '']);
    expect(notes).toMatch(/\w{3}/);
  });

  async function decoded(text: string): Promise<DecodedToken> {
    return (await (await post('/decode', { token: text })).json()) as DecodedToken;
  }
  const failing = ({ checks }: DecodedToken): string | null | undefined =>
    checks.find(({ result }) => result === 'failed')?.reason;

  it('says of a token that passes that every check has passed', async () => {
    const made = await pageToken({ sub: 'alice', agent: 'desk', roles: ['clerk'], scopes: ['a', 'b'] });
    const { header, claims, checks } = await decoded(made);
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(claims).toMatchObject({
      sub: 'alice',
      aud: `${url}/mcp`,
      act: { sub: 'desk' },
      roles: ['clerk'],
      scope: 'a b',
    });
    expect(checks.map(({ result }) => result)).toEqual(checks.map(() => 'passed'));
  });

  it('says which check refuses what another issuer has signed, in its own name or in that of ours', async () => {
    const foreign = await TestAuthorizationServer.start({ audience: `${url}/mcp` });
    try {
      expect(failing(await decoded(await foreign.token({ sub: 'alice' })))).toBe('issuer_unknown');
      const { issuer } = await run.state();
      const forged = await TestAuthorizationServer.start({ audience: `${url}/mcp`, issuer });
      expect(failing(await decoded(await forged.token({ sub: 'alice' })))).toBe('key_unknown');
      await forged.close();
    } finally {
      await foreign.close();
    }
  });

  it.each<[what: string, reason: string, change: (made: string) => string | Promise<string>]>([
    ['expired', 'token_expired', () => pageToken({ sub: 'alice', expiresIn: -10 })],
    ['tampered with', 'signature_invalid', made => made.replace(/\.[^.]+\./, `.${claimsOf(made, { sub: 'bob' })}.`)],
    ['an ID token', 'token_type_refused', made => made.replace(/^[^.]+/, headerOf(made, { typ: 'JWT' }))],
    ['unsigned', 'algorithm_refused', made => made.replace(/^[^.]+/, headerOf(made, { alg: 'none' }))],
    ['signed with a secret', 'algorithm_refused', made => made.replace(/^[^.]+/, headerOf(made, { alg: 'HS256' }))],
    ['of a tenant that nobody knows', 'tenant_refused', () => pageToken({ sub: 'alice', tenant: 'acme' })],
    ['for another server', 'audience_refused', () => loggedIn('https://other.example/mcp')],
    ['garbage', 'token_malformed', () => 'garbage'],
  ])(
    'says which check refuses a token that is %s, and the application refuses it there',
    async (_what, reason, change) => {
      const made = await change(await pageToken({ sub: 'alice' }));
      const { checks } = await decoded(made);
      const at = checks.findIndex(({ result }) => result === 'failed');
      expect(checks[at]).toMatchObject({
        reason,
        cause: expect.stringMatching(/\.$/),
        fix: expect.stringMatching(/\w/),
      });
      expect(checks.map(({ result }) => result)).toEqual(
        checks.map((_, i) => (i < at ? 'passed' : i === at ? 'failed' : 'not asked')),
      );
      const trace = randomBytes(16).toString('hex');
      const headers = { authorization: `Bearer ${made}`, traceparent: `00-${trace}-${'1'.repeat(16)}-01` };
      await fetch(`${url}/mcp`, { method: 'POST', headers });
      expect((await call(({ traceId }) => traceId === trace)).result.reason).toBe(reason);
    },
  );

  /** A token of a login as a client of MCP does it: registration, consent, code and PKCE. */
  async function loggedIn(resource: string): Promise<string> {
    const { issuer } = await run.state();
    const form = (path: string, members: Record<string, string>): Promise<Response> =>
      fetch(issuer + path, { method: 'POST', body: new URLSearchParams(members), redirect: 'manual' });
    const registered = await fetch(`${issuer}/register`, {
      method: 'POST',
      body: JSON.stringify({ client_name: 'Desk App', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }),
    });
    const { client_id } = (await registered.json()) as { client_id: string };
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      ...{ client_id, resource, redirect_uri: REDIRECT, response_type: 'code', code_challenge_method: 'S256' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    const consent = await (await fetch(`${issuer}/authorize?${query}`)).text();
    expect(consent).toMatch(/Desk App[^]+Alice[^]+Bob/);
    const request = /name="request" value="([^"]+)"/.exec(consent)![1]!;
    const allowed = await form('/authorize', { request, sub: 'alice', decision: 'allow' });
    const code = new URL(allowed.headers.get('location')!).searchParams.get('code')!;
    const grant = {
      grant_type: 'authorization_code',
      client_id,
      code,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    };
    const { access_token } = (await (await form('/token', grant)).json()) as { access_token: string };
    return access_token;
  }

  it('names the client through which a user has signed in, by what it calls itself', async () => {
    const client = await connect(url, await loggedIn(`${url}/mcp`));
    const { json } = await callTool(client, 'whoami');
    await client.close();
    expect(json).toEqual({ user: 'alice', agent: expect.stringMatching(/^desk-app-[0-9a-f]{8}$/) });
    await until(async () => (await run.state()).agents.includes(json.agent));
  });

  it('takes a token without a user for one of a service', async () => {
    const client = await connect(url, await pageToken({}));
    await callTool(client, 'whoami');
    await client.close();
    expect(await call(({ isService }) => isService)).toMatchObject({ user: 'nestjs-eie-dev', handler: 'whoami' });
  });

  describe('is for its own page, and for this user, alone:', () => {
    const json = ['Content-Type', 'application/json'];
    const raw = (path: string, headers: string[], body?: string) =>
      sendRaw(run.url + path, { method: body === undefined ? 'GET' : 'POST', headers, ...(body && { body }) });

    it('a page that rebinds its name to this machine reads nothing', async () => {
      const { hostname, port } = new URL(run.url);
      const statusOf = async (path: string, host: string): Promise<number> => {
        const [response] = (await once(request({ hostname, port, path, headers: { host } }).end(), 'response')) as [
          IncomingMessage,
        ];
        response.destroy();
        return response.statusCode!;
      };
      for (const path of ['/', '/state', '/events']) {
        expect(await statusOf(path, `evil.test:${port}`)).toBe(421);
        expect(await statusOf(path, `localhost:${port}`)).toBe(200);
      }
    });

    it.each([
      ['of another origin', ['Origin', 'https://evil.test']],
      ['of another port of this machine', ['Origin', 'http://127.0.0.1:6274']],
      ['of a sandbox', ['Origin', 'null']],
      ['of another site that hides its origin', ['Sec-Fetch-Site', 'cross-site']],
      ['of the same site', ['Sec-Fetch-Site', 'same-site']],
    ])('a page %s gets no token, no state and no events', async (_which, headers) => {
      expect((await raw('/token', [...json, ...headers], '{"sub":"alice"}')).status).toBe(403);
      expect((await raw('/decode', [...json, ...headers], '{"token":"x"}')).status).toBe(403);
      for (const path of ['/state', '/events']) expect((await raw(path, headers)).status).toBe(403);
    });

    it('who is no page needs the secret, which only this user can read', async () => {
      expect((await raw('/token', json, '{"sub":"alice"}')).status).toBe(403);
      expect((await raw('/token', [...json, 'Authorization', 'Bearer guessed'], '{"sub":"alice"}')).status).toBe(403);
      expect(statSync(join(project.folder, 'node_modules/.cache/nestjs-eie/dev.json')).mode & 0o777).toBe(0o600);
    });

    it('nothing but JSON of a bounded length is read', async () => {
      expect((await post('/token', 'sub=alice', { 'content-type': 'text/plain' })).status).toBe(415);
      expect((await post('/decode', { token: 'x'.repeat(70_000) })).status).toBe(413);
      expect((await post('/token', '{')).status).toBe(400);
      expect((await post('/token', { sub: 'alice', aud: 'elsewhere' })).status).toBe(400);
    });

    it('no page may frame it, read it as something else, or learn of it where it links to', async () => {
      for (const path of ['/', '/state']) {
        const { headers } = await fetch(run.url + path);
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
    });

    it('it is open a bounded number of times', async () => {
      const open = await Promise.all(Array.from({ length: 21 }, () => fetch(`${run.url}/events`)));
      expect(open.map(({ status }) => status).filter(status => status === 503).length).toBeGreaterThan(0);
      for (const { body } of open) await body?.cancel();
    });
  });
});

const part = (text: string, place: 0 | 1, members: object): string =>
  Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(text.split('.')[place]!, 'base64url').toString()), ...members }),
  ).toString('base64url');
const headerOf = (text: string, members: object): string => part(text, 0, members);
const claimsOf = (text: string, members: object): string => part(text, 1, members);
