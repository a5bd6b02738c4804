import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Sse, UseGuards } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  type TargetOptions,
} from 'nestjs-eie';
import { interval, map } from 'rxjs';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { tokensWithin } from '../support/reachable.js';
import { soundAnswers } from '../support/sound-answers.js';
import { until } from '../support/until.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';

let world: World;
let [issuer, another]: LyingIssuer[] = [];
let api: Loopback;
let app: DelegatingApp;
/** Seconds since the epoch. */
let now = Math.floor(Date.now() / 1000);

/** What a handler kept of its call. */
let kept: DelegatedFetch | undefined;

/** Refuses after our guard has let the call in, and keeps what it could call in its identity. */
@Injectable()
class KeepingGuard implements CanActivate {
  constructor(private readonly delegation: DelegationService) {}

  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ user: ExecutionIdentityEnvelope }>();
    kept = this.delegation.for(user, 'orders_api');
    return false;
  }
}

@Controller('keeping')
class KeepingHandlers {
  @Get('refused')
  @Authenticated()
  @DelegatesTo('orders_api')
  @UseGuards(KeepingGuard)
  refused() {}

  @Get('failing')
  @Authenticated()
  failing(@Delegated('orders_api') orders: DelegatedFetch) {
    kept = orders;
    throw new Error('the handler failed');
  }

  @Sse('streaming')
  @Authenticated()
  streaming(@Delegated('orders_api') orders: DelegatedFetch) {
    kept = orders;
    return interval(10).pipe(map(data => ({ data })));
  }
}

const call = async (target: DelegatedFetch) => (await target('/')).status;
const code = (error: { code: string }) => error.code;
const asked = () => [issuer!.tokenRequests(), another!.tokenRequests(), api.requests.length];

const login = (lifetime = 300) => issuer!.sign({ aud: MCP, scope: 'orders:read', iat: now, exp: now + lifetime });

describe('the token that came in', () => {
  beforeAll(async () => {
    world = await startWorld();
    [issuer, another] = await Promise.all([startLyingIssuer(), startLyingIssuer()]);
    for (const one of [issuer, another]) one.answer = soundAnswers(one);
    api = await startLoopback();
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const elsewhere = { ...target, issuer: another.issuerOptions.issuer };
    const targets = {
      orders_api: target,
      foreign_api: elsewhere,
      foreign_legacy_api: { ...elsewhere, mode: 'restricted_user' as const, reason: 'It cannot read act claims yet.' },
      own_api: { ...target, mode: 'service_identity' as const },
    };
    app = await startDelegating(world, {
      controllers: [KeepingHandlers],
      options: { ports: { clock: () => now * 1000 }, issuers: [issuer.issuerOptions, another.issuerOptions], targets },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer!, another!, api, world].map(one => one.close()));
  });
  beforeEach(() => (now = Math.floor(Date.now() / 1000)));

  it.each(['foreign_api', 'foreign_legacy_api'])('is shown to no issuer but its own (%s)', async target => {
    const before = asked();
    expect(await app.as(await login(), call, target).catch(code)).toBe('delegation_token_missing');
    expect(asked()).toEqual(before);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      outcome: 'refused',
      reason: 'delegation_token_missing',
      actor_sub: 'alice',
      target,
    });
  });

  it('is gone when the call has ended: a fetch that was kept gets nothing, though its token was exchanged before, and that is recorded', async () => {
    const token = await login();
    await app.as(token, async target => {
      kept = target;
      return call(target);
    });
    const before = asked();
    await expect(call(kept!)).rejects.toMatchObject({ code: 'identity_expired' });
    expect(asked()).toEqual(before);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      outcome: 'refused',
      reason: 'identity_expired',
      actor_sub: 'alice',
      target: 'orders_api',
    });
    expect(await app.as(token, call)).toBe(200);
  });

  async function keep(path: string): Promise<number> {
    const abort = new AbortController();
    const answer = await fetch(`${app.url}/keeping/${path}`, {
      headers: { authorization: `Bearer ${await login()}` },
      signal: abort.signal,
    });
    abort.abort();
    await answer.body?.cancel().catch(() => undefined);
    await until(() => app.auditLog.types().at(-1) === 'execution.outcome');
    return answer.status;
  }

  it('is gone when the handler has failed', async () => {
    expect(await keep('failing')).toBe(500);
    await expect(call(kept!)).rejects.toMatchObject({ code: 'identity_expired' });
  });

  it('is gone when the client of a stream went away', async () => {
    expect(await keep('streaming')).toBe(200);
    await expect(call(kept!)).rejects.toMatchObject({ code: 'identity_expired' });
  });

  it('is gone when a guard behind ours refused the call and its response has closed', async () => {
    const answer = await fetch(`${app.url}/keeping/refused`, { headers: { authorization: `Bearer ${await login()}` } });
    expect(answer.status).toBe(403);
    await answer.text();
    let refused: unknown;
    for (let turns = 0; turns < 300 && refused !== 'identity_expired'; turns++) {
      await sleep(10);
      refused = await call(kept!).catch(code);
    }
    expect(refused).toBe('identity_expired');
  });

  it('is not brought back by a later call of the same user', async () => {
    const token = await login();
    await app.as(token, async target => void (kept = target));
    const both = await app.as(token, target => Promise.all([call(kept!).catch(code), call(target)]));
    expect(both).toEqual(['identity_expired', 200]);
  });

  it("takes the fetch of this server's own identity with it: nobody acts for a user whose call is over", async () => {
    await app.as(await login(), async target => void (kept = target), 'own_api');
    const before = asked();
    await expect(call(kept!)).rejects.toMatchObject({ code: 'identity_expired' });
    expect(asked()).toEqual(before);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      reason: 'identity_expired',
      actor_sub: 'alice',
      target: 'own_api',
    });
  });

  it('that expires while a call is recorded is not shown to its issuer any more: the user has to sign in again', async () => {
    const append = app.auditLog.append.bind(app.auditLog);
    app.auditLog.append = event => {
      if (event.type === 'delegation.intent') now += 60;
      return append(event);
    };
    const before = asked();
    expect(await app.as(await login(60), call).catch(code)).toBe('identity_expired');
    app.auditLog.append = append;
    expect(asked()).toEqual(before);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      outcome: 'refused',
      reason: 'identity_expired',
    });
  });

  it('cannot be read from the identity or the fetch in any of their forms', async () => {
    const token = await login();
    await app.as(token, async (target, identity: ExecutionIdentityEnvelope) => {
      for (const one of [identity, target]) {
        const forms = [
          `${one as unknown as string}`,
          JSON.stringify(one) ?? '',
          inspect(one, { showHidden: true, depth: Infinity }),
          inspect(one, { customInspect: false, getters: true }),
          { ...one },
          structuredClone({ ...one, baseUrl: '' }),
        ];
        expect(tokensWithin([one, forms], [token])).toEqual([]);
      }
    });
  });
});
