import { randomBytes } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import { type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

describe('a token of a target that is encrypted for the target', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let encrypted: string;
  const told: string[] = [];

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    api = await startLoopback();
    encrypted = await new CompactEncrypt(new TextEncoder().encode('{"sub":"alice"}'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' })
      .encrypt(randomBytes(32));
    issuer.answer = tokenAnswer({
      access_token: encrypted,
      token_type: 'Bearer',
      expires_in: 60,
      scope: 'orders:read',
    });
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
        targets: { seen: target, unseen: { ...target, actEvidence: 'if-jwt' } },
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([api, issuer, world].map(one => one?.close()));
  });
  beforeEach(() => {
    api.requests.length = 0;
    told.length = 0;
  });

  it('is sent as an opaque one is, where the target takes what cannot be seen', async () => {
    await app.as(await issuer.freshToken(), orders => orders('/orders'), 'unseen');
    expect(api.requests[0]!.headers.authorization).toBe(`Bearer ${encrypted}`);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ delegation_effective: 'unknown' });
  });

  it('is refused where the actor must be seen, and the operator is told why', async () => {
    await expect(app.as(await issuer.freshToken(), orders => orders('/orders'), 'seen')).rejects.toMatchObject({
      code: 'delegated_token_refused',
    });
    expect(api.requests).toEqual([]);
    expect(told.join('\n')).toContain('The token is opaque or encrypted, so it shows no actor.');
  });
});
