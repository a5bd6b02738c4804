import { decodeJwt } from 'jose';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type SoundAnswers, soundAnswers } from '../../support/sound-answers.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

/** An ID token of nobody: its signature is never looked at. */
const idToken = (header: object, claims: object): string =>
  [header, claims, 'signature'].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

describe('what an authorization server gives beside the token for a target', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;

  beforeAll(async () => {
    [world, issuer, api] = await Promise.all([startWorld(), startLyingIssuer(), startLoopback()]);
    const target = {
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    app = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions],
        targets: {
          orders_api: { ...target, mode: 'on_behalf_of' },
          billing_api: { ...target, mode: 'service_identity', resource: 'https://billing.test' },
        },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([issuer, api, world].map(one => one?.close()));
  });

  const call = async (body: object, name = 'orders_api'): Promise<SoundAnswers> => {
    const answers = soundAnswers(issuer, { body });
    issuer.answer = answers;
    api.requests.length = 0;
    await app.as(await issuer.freshToken(), target => target.json('/'), name);
    return answers;
  };
  const sent = () => api.requests.map(({ headers }) => headers.authorization);

  it.each<[what: string, body: object]>([
    ['an ID token by another algorithm', { id_token: idToken({ alg: 'EdDSA' }, { aud: 'mcp-server' }) }],
    ['an ID token for another client', { id_token: idToken({ alg: 'RS256' }, { aud: 'desk-copilot' }) }],
    ['an ID token that is encrypted', { id_token: 'a.b.c.d.e' }],
    ['an empty ID token', { id_token: '' }],
    ['a refresh token', { refresh_token: 'of-nobody' }],
    ['no refresh token, said by null', { refresh_token: null }],
    ['an empty refresh token', { refresh_token: '' }],
    [
      'no lifetime, no scope and no type, each said by null',
      { expires_in: null, scope: null, issued_token_type: null },
    ],
    ['members of its own', { ext_expires_in: 0, 'not-before-policy': 0, session_state: 's', error: '' }],
  ])('refuses no token: %s', async (_what, body) => {
    const { given } = await call(body);
    expect(sent()).toEqual([`Bearer ${given[0]}`]);
  });

  it('refuses no token of this server itself either', async () => {
    const { given } = await call({ id_token: 'none', refresh_token: '' }, 'billing_api');
    expect(sent()).toEqual([`Bearer ${given[0]}`]);
    expect(decodeJwt(given[0]!).sub).toBe('mcp-server');
  });
});
