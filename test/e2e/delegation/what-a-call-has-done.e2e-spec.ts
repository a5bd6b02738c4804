import { sign } from 'node:crypto';
import { type RequestListener, type ServerResponse } from 'node:http';
import {
  type DelegatedFetch,
  EieError,
  type FinishedRequest,
  IdentityRevocation,
  type Signer,
  TargetCredential,
  type TargetOptions,
} from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { newKeyPair } from '../../support/key-pair.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

/** Where a test stops what it is about. It is open until it is closed. */
class Gate {
  #reached = (): void => {};
  #waits: Promise<void> | undefined;

  /** @returns what resolves when somebody waits here, and what lets it go on */
  close(): { reached: Promise<void>; open: () => void } {
    let open = (): void => {};
    this.#waits = new Promise(resolve => (open = resolve));
    const reached = new Promise<void>(resolve => (this.#reached = resolve));
    return { reached, open: () => ((this.#waits = undefined), open()) };
  }

  async pass(): Promise<void> {
    this.#reached();
    await this.#waits;
  }
}

const [credentials, signatures] = [new Gate(), new Gate()];

/** Heeds no signal. */
class SlowCredential extends TargetCredential {
  readonly headers = ['x-key'] as const;
  override readonly signsBody = true;

  async authorize(_request: FinishedRequest) {
    await credentials.pass();
    return { 'x-key': 'a-key-of-some-length' };
  }
}

/** Heeds none either. */
function slowSigner(): Signer {
  const { privateKey, publicKey } = newKeyPair();
  return {
    alg: 'ES256',
    publicKey: publicKey.export({ format: 'jwk' }),
    async sign(bytes) {
      await signatures.pass();
      return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    },
  };
}

const post = { method: 'POST', body: '1' };
const INVALID_TOKEN = { 'www-authenticate': 'Bearer error="invalid_token"' };

describe('the record of a delegated call', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let answer: RequestListener;
  /** Milliseconds that the clock of the application is ahead. */
  let ahead = 0;

  beforeAll(async () => {
    [world, issuer] = await Promise.all([startWorld(), startLyingIssuer()]);
    api = await startLoopback((request, response) => answer(request, response));
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets = {
      orders_api: target,
      external_api: { ...target, external: true },
      own_api: { mode: 'service_identity' as const, baseUrl: api.url, credential: new SlowCredential(), timeout: 200 },
    };
    app = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions],
        targets,
        signing: { keys: [slowSigner()] },
        ports: { clock: () => Date.now() + ahead },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([issuer, api, world].map(one => one?.close()));
  });
  beforeEach(() => {
    ahead = 0;
    issuer.answer = soundAnswers(issuer);
    answer = (_request, response) => response.end('{}');
    api.requests.length = 0;
    app.auditLog.events.length = 0;
  });
  const ended = () => {
    const { outcome, reason } = app.auditLog.last('delegation.outcome');
    return [outcome, reason];
  };
  const sentTo = () => app.auditLog.last('execution.outcome').delegations;
  const user = (sub: string): Promise<string> =>
    issuer.sign({ sub, aud: 'https://mcp.shop.test/mcp', scope: 'orders:read', jti: sub });
  const revoke = (sub: string): Promise<void> =>
    app.app.get(IdentityRevocation).purge({ issuer: issuer.issuerOptions.issuer, sub });

  it.each([301, 302, 303, 307, 308])(
    'says that a write failed which the target has answered with %i, and not that it was refused',
    async status => {
      answer = (_request, response) => response.writeHead(status, { location: '/done' }).end();
      await expect(app.as(await issuer.freshToken(), target => target('/', post))).rejects.toMatchObject({
        code: 'target_redirect_refused',
      });
      expect([ended(), api.requests.length]).toEqual([['failed', 'target_redirect_refused'], 1]);
      expect(sentTo()).toEqual([{ target: 'orders_api', mode: 'on_behalf_of' }]);
    },
  );

  it('says that a call failed whose user was revoked while the target worked', async () => {
    const abort = new AbortController();
    answer = () => {
      void revoke('carl').then(() => abort.abort(new EieError('identity_revoked')));
    };
    await expect(
      app.as(await user('carl'), target => target('/', { ...post, signal: abort.signal })),
    ).rejects.toMatchObject({ code: 'identity_revoked' });
    expect(ended()).toEqual(['failed', 'identity_revoked']);
  });

  it('says what the target said to a call whose handler has returned, and the token is not used again', async () => {
    const arrived = new Promise<ServerResponse>(resolve => (answer = (_request, response) => resolve(response)));
    let late: Promise<number> | undefined;
    const token = await issuer.freshToken();
    await app.as(token, async target => {
      late = target('/').then(({ status }) => status);
      await arrived;
    });
    (await arrived).writeHead(401, INVALID_TOKEN).end();
    expect(await late).toBe(401);
    expect(ended()).toEqual(['refused', 'http_401']);
    const before = issuer.tokenRequests();
    answer = (_request, response) => response.end('{}');
    await app.as(token, target => target.json('/'));
    expect(issuer.tokenRequests()).toBe(before + 1);
  });

  it.each(['orders_api', 'external_api'])(
    'of %s whose identity expires while its token is exchanged says so, and nothing is sent',
    async target => {
      issuer.answer = soundAnswers(issuer, {
        claims: () => {
          ahead = 400_000;
          return { exp: Math.floor(Date.now() / 1000) + 3_600 };
        },
      });
      await expect(app.as(await issuer.freshToken(), one => one('/', post), target)).rejects.toMatchObject({
        code: 'identity_expired',
      });
      expect([ended(), api.requests]).toEqual([['refused', 'identity_expired'], []]);
    },
  );

  it('of a target with its own credential, whose identity expires while that is made, says so, and nothing is sent', async () => {
    const { reached, open } = credentials.close();
    const call = app.as(await issuer.freshToken(), one => one('/', post), 'own_api').catch((one: unknown) => one);
    await reached;
    ahead = 400_000;
    open();
    expect(await call).toMatchObject({ code: 'identity_expired' });
    expect([ended(), api.requests]).toEqual([['refused', 'identity_expired'], []]);
  });

  it('says that a call failed whose user was revoked before a redirect, which is not followed', async () => {
    answer = (_request, response) => void revoke('eve').then(() => response.writeHead(302, { location: '/b' }).end());
    await expect(app.as(await user('eve'), target => target('/a'))).rejects.toMatchObject({ code: 'identity_revoked' });
    expect([ended(), api.requests.map(({ url }) => url)]).toEqual([['failed', 'identity_revoked'], ['/a']]);
  });

  it.each([
    ['its Txn-Token is signed', 'orders_api', signatures],
    ['the credential of its target is made', 'own_api', credentials],
  ])('does not say that a call was sent which is given up while %s, and nobody waits', async (_when, target, gate) => {
    const { reached, open } = gate.close();
    const abort = new AbortController();
    const call = app
      .as(await issuer.freshToken(), one => one('/', { ...post, signal: abort.signal }), target)
      .catch((error: Error) => error.name);
    await reached;
    abort.abort();
    expect(await call).toBe('AbortError');
    open();
    expect([ended(), sentTo(), api.requests]).toEqual([['failed', 'aborted'], [], []]);
  });

  describe('of a body that has to be signed and never ends', () => {
    const stalled = () => ({
      method: 'POST',
      body: new ReadableStream({ pull: () => new Promise(() => {}) }),
      duplex: 'half',
    });
    const failing = (init: () => object) => async (target: DelegatedFetch) => target('/', init());

    it('ends with the signal of the caller', async () => {
      const signal = AbortSignal.abort();
      const call = app.as(
        await issuer.freshToken(),
        failing(() => ({ ...stalled(), signal })),
        'own_api',
      );
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      const abort = new AbortController();
      const later = app.as(
        await issuer.freshToken(),
        failing(() => (setImmediate(() => abort.abort()), { ...stalled(), signal: abort.signal })),
        'own_api',
      );
      await expect(later).rejects.toMatchObject({ name: 'AbortError' });
      expect(ended()).toEqual(['failed', 'aborted']);
    });

    it('ends with the timeout of the target', async () => {
      await expect(app.as(await issuer.freshToken(), failing(stalled), 'own_api')).rejects.toMatchObject({
        code: 'target_unavailable',
      });
      expect([ended(), api.requests]).toEqual([['failed', 'target_unavailable'], []]);
    });

    it('says that one of more than 8 MB is too long', async () => {
      const call = app.as(
        await issuer.freshToken(),
        failing(() => ({ method: 'POST', body: Buffer.alloc(9e6) })),
        'own_api',
      );
      await expect(call).rejects.toMatchObject({
        code: 'target_request_refused',
        message: expect.stringContaining('too long to be signed'),
      });
    });
  });
});
