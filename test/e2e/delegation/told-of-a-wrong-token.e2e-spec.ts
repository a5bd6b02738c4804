import { type JWTPayload } from 'jose';
import { type EieError } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, type World } from '../../support/world.js';

const [agents, server] = [
  { sub: 'd', act: { sub: 'c', act: { sub: 'b', act: { sub: 'a' } } } },
  { sub: SERVER_CLIENT },
];

describe('the operator of a server whose authorization server gives a token that is not used', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  const lines: string[] = [];

  beforeAll(async () => {
    [world, issuer, api] = await Promise.all([startWorld(), startLyingIssuer(), startLoopback()]);
    const target = { baseUrl: api.url, issuer: issuer.issuerOptions.issuer, resource: ORDERS, scopes: ['orders:read'] };
    app = await startDelegating(world, {
      options: {
        issuers: [{ ...issuer.issuerOptions, tenants: ['acme'] }],
        ports: { diagnostics: { report: ({ message }) => void lines.push(message) } },
        targets: {
          delegated: { ...target, mode: 'on_behalf_of' },
          restricted: { ...target, mode: 'restricted_user', reason: 'It refuses every token that has "act".' },
        },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([issuer, api, world].map(one => one?.close()));
  });

  const userToken = (claims: JWTPayload = {}) =>
    issuer.sign({ aud: MCP, scope: 'orders:read', tenant: 'acme', ...claims });

  /** The one line of a call that is refused. */
  async function told(target: string, token: string): Promise<string> {
    lines.length = 0;
    const refused = await app
      .as(token, fetcher => fetcher('/'), target)
      .then(
        () => undefined,
        (error: EieError) => error.code,
      );
    expect(refused).toBe('delegated_token_refused');
    expect(lines).toHaveLength(1);
    return lines[0]!;
  }

  it('is told that it never expires, and not to compare clocks', async () => {
    const [head, , signature] = (await userToken()).split('.');
    const claims = { iss: issuer.issuerOptions.issuer, sub: 'alice', aud: ORDERS, scope: 'orders:read', act: server };
    const access_token = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    issuer.answer = soundAnswers(issuer, { body: { access_token } });
    const line = await told('delegated', await userToken());
    expect(line).toContain('"exp". To fix it: The token does not say when it expires');
    expect(line).not.toContain('clock');
  });

  it('is told that it is of another tenant, and not of another subject', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ tenant: 'globex' }) });
    const line = await told('delegated', await userToken());
    expect(line).toContain('"tenant". To fix it: The token is of the user, and of another tenant than the call');
    expect(line).not.toMatch(/acme|globex/);
  });

  it('is told that there are four actors at most where the user token names four already', async () => {
    issuer.answer = soundAnswers(issuer);
    const token = await userToken({ act: agents });
    expect(await told('delegated', token)).toContain('there are four at most, this server among them');
  });

  it('is told that this server is none of the actors in the mode restricted_user', async () => {
    issuer.answer = soundAnswers(issuer);
    const line = await told('restricted', await userToken());
    expect(line).toContain('in this mode, this server is none of them');
    expect(line).not.toContain('namesClient');
  });

  it('is told what "act" must be, and how to say that the issuer names the client of the user beneath', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ act: { ...server, act: { sub: 'desk' } } }) });
    const line = await told('delegated', await userToken());
    expect(line).toContain('must be this server, as its client id, over the "act" of the token that was exchanged');
    expect(line).toContain('set namesClient');
    expect(line).not.toContain('desk');
  });
});
