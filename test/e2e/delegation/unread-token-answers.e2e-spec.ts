import { type EieError } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

describe('the operator of a server whose token endpoint answers in another form', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  const lines: string[] = [];

  beforeAll(async () => {
    [world, issuer, api] = await Promise.all([startWorld(), startLyingIssuer(), startLoopback()]);
    app = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions],
        ports: { diagnostics: { report: ({ message }) => void lines.push(message) } },
        targets: {
          orders_api: {
            mode: 'on_behalf_of',
            baseUrl: api.url,
            issuer: issuer.issuerOptions.issuer,
            resource: ORDERS,
            scopes: ['orders:read'],
          },
        },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([issuer, api, world].map(one => one?.close()));
  });

  it.each<[what: string, body: object, code: string, line: string]>([
    [
      'no type of token',
      { token_type: undefined },
      'delegation_unavailable',
      'OAUTH_INVALID_RESPONSE. To fix it: The server answers there, but not as RFC 6749 §5.1 says',
    ],
    [
      'less than no time',
      { expires_in: -1 },
      'delegation_unavailable',
      'OAUTH_INVALID_RESPONSE. To fix it: The server answers there, but not as RFC 6749 §5.1 says',
    ],
    [
      'scopes in a list',
      { scope: ['orders:read'] },
      'delegation_unavailable',
      'OAUTH_INVALID_RESPONSE. To fix it: The server answers there, but not as RFC 6749 §5.1 says',
    ],
    [
      'a token that is bound to a key',
      { token_type: 'DPoP' },
      'delegated_token_refused',
      '"token_type": expected Bearer. To fix it: Have the issuer give this client bearer tokens',
    ],
    [
      'an ID token',
      { issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'delegated_token_refused',
      '"issued_token_type": expected ["urn:ietf:params:oauth:token-type:access_token","urn:ietf:params:oauth:token-type:jwt"]. To fix it: Have the issuer answer with an access token',
    ],
  ])('is told what is wrong where it gives %s, and not to look for the connection', async (_what, body, code, line) => {
    lines.length = 0;
    const answers = soundAnswers(issuer, { body });
    issuer.answer = answers;
    const failure = await app
      .as(await issuer.freshToken(), target => target('/'))
      .then(
        () => undefined,
        (error: EieError) => error.code,
      );
    expect(failure).toBe(code);
    expect(lines).toEqual([expect.stringContaining(line)]);
    expect(lines[0]).not.toContain('firewall');
    for (const token of answers.given) expect(lines[0]).not.toContain(token.split('.')[2]);
    expect(api.requests).toEqual([]);
  });
});
