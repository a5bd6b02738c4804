import { type EieError, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** As their makers print them. */
const OPAQUE = [
  'ya29.c.b0AXv0zTNexampleexampleexampleexample',
  'ya29.c.b0AXv0zTNexample........................',
  '1000.8cb99dexampleexampleexamplebe93.9b8exampleexampleexampleexamplef',
  'v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIn0v3Jt8mx_TdM2ceTGoqwrh4yDFn0XsHvvV',
  'v2.local.QAxIpVe-ECVNI1z4xQbm_qQYomyT3h8FtV8bxkz8pBJ.UGFyYWdvbiBJbml0aWF0aXZl',
];

describe('a token of a target that has dots and is no JWT', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let body: (authorization: string) => string;
  const told: string[] = [];

  beforeAll(async () => {
    [world, issuer] = await Promise.all([startWorld(), startLyingIssuer()]);
    api = await startLoopback((request, response) => response.end(body(request.headers.authorization!)));
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    app = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions],
        targets: {
          seen: target,
          unseen: { ...target, actEvidence: 'if-jwt' },
          impersonated: { ...target, actEvidence: 'none' },
        },
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([api, issuer, world].map(one => one?.close()));
  });
  beforeEach(() => {
    body = () => '{}';
    api.requests.length = 0;
    told.length = 0;
  });

  const gives = (access_token: string): void => {
    issuer.answer = tokenAnswer({ access_token, token_type: 'Bearer', expires_in: 60 });
  };
  const call = async (target: string): Promise<unknown> =>
    app.as(await issuer.freshToken(), orders => orders.json('/orders'), target).catch((error: EieError) => error.code);

  it.each(OPAQUE)('is sent where the target takes what cannot be seen: %s', async token => {
    gives(token);
    expect(await call('unseen')).toEqual({});
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${token}`]);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ delegation_effective: 'unknown' });
  });

  it.each(OPAQUE)('is refused where the actor must be seen: %s', async token => {
    gives(token);
    expect(await call('seen')).toBe('delegated_token_refused');
    expect(told.join('\n')).toContain('The token is opaque or encrypted, so it shows no actor.');
    expect(api.requests).toEqual([]);
  });

  it.each(OPAQUE)('is found in an answer that sends it back: %s', async token => {
    gives(token);
    body = authorization => JSON.stringify({ you_sent: authorization });
    expect(await call('unseen')).toBe('target_response_refused');
  });

  it.each<[what: string, token: (jwt: string[]) => string, line: string]>([
    ['that is cut off', ([head, claims]) => `${head}.${claims}.`, 'looks like a JWT and cannot be read as one'],
    ['whose header is padded', ([head, ...rest]) => `${head}=.${rest.join('.')}`, 'looks like a JWT'],
    [
      'whose header begins with a space',
      ([, ...rest]) => `${Buffer.from(' {"alg":"ES256"').toString('base64url')}.${rest.join('.')}`,
      'looks like a JWT',
    ],
    [
      'that is compressed',
      ([, ...rest]) => `${json({ alg: 'ES256', zip: 'DEF' })}.${rest.join('.')}`,
      '"zip". To fix it: The header of the token has this member',
    ],
    [
      'that is too long',
      ([head, , signature]) => `${head}.${json({ groups: ['x'.repeat(16384)] })}.${signature}`,
      'The token has more than 16384 characters',
    ],
  ])('is no JWT %s, which is refused: the operator is told why', async (_what, token, line) => {
    gives(token((await issuer.freshToken()).split('.')));
    expect(await call('impersonated')).toBe('delegated_token_refused');
    expect(told).toEqual([expect.stringContaining(line)]);
    expect(api.requests).toEqual([]);
  });

  it('names no actor where its "act" is null', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ act: null }) });
    expect(await call('impersonated')).toEqual({});
    expect(await call('seen')).toBe('delegated_token_refused');
  });
});
