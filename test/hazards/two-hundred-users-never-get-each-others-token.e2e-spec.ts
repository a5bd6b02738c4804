import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import fc from 'fast-check';
import { type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { soundAnswers } from '../support/sound-answers.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

const [USERS, CALLS] = [200, 2];
/** What becomes of an exchange, and of a call. */
const EXCHANGES = ['sound', 'sound', 'sound', 'slow', 'slow', 'expired', 'denied', 'anothers', 'opaque'] as const;
const FATES = ['answered', 'answered', 'answered', 'slow', 'refused', 'aborted', 'late'] as const;

/** Everything that chance decides in one run; the seed of a run that fails is reported. */
class Chance {
  constructor(private state: number) {}

  /** mulberry32 */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}

const users = Array.from({ length: USERS }, (_, i) => ({ sub: `user-${i}`, tenant: i % 2 ? 'acme' : 'globex' }));
type User = (typeof users)[number];
const tally = <T>(all: readonly T[], keyOf: (one: T) => string) =>
  all.reduce<Record<string, number>>((counts, one) => ({ ...counts, [keyOf(one)]: (counts[keyOf(one)] ?? 0) + 1 }), {});

let world: World;
let issuer: LyingIssuer;
let api: Loopback;
let app: DelegatingApp;
let chance: Chance;
/** Whose credentials came with whose call. */
let arrived: { owner: string; token: string; txn: string }[];

describe('many callers at once', () => {
  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    const refused = new Set<unknown>();
    api = await startLoopback((request, response) => {
      const [, owner, fate] = request.url!.split('/') as [string, string, string];
      const [token, txn] = [request.headers.authorization!.slice(7), request.headers['txn-token'] as string].map(
        decodeJwt,
      );
      arrived.push({ owner, token: token!.sub!, txn: txn!.sub! });
      const isFirst = !refused.has(request.url);
      refused.add(request.url);
      if (fate === 'refused' && isFirst)
        return void response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      const waiting = setTimeout(
        () => response.end(JSON.stringify({ token: token!.sub, txn: txn!.sub, tenant: txn!.tenant })),
        { slow: 30, aborted: 30, late: 20_000 }[fate] ?? 0,
      );
      response.once('close', () => clearTimeout(waiting));
    });
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets = {
      orders_api: target,
      own_api: { ...target, mode: 'service_identity' as const },
      impatient_api: { ...target, timeout: 200 },
    };
    app = await startDelegating(world, {
      options: { issuers: [{ ...issuer.issuerOptions, tenants: ['acme', 'globex'] }], targets },
    });
    issuer.answer = soundAnswers(issuer, {
      error: form => {
        if (!form.has('subject_token')) return undefined;
        const fate = chance.of(EXCHANGES);
        form.set('fate', fate);
        return fate === 'expired'
          ? { error: 'invalid_grant' }
          : fate === 'denied'
            ? { error: 'access_denied' }
            : undefined;
      },
      claims: async form => {
        const fate = form.get('fate');
        if (fate === 'slow') await sleep(chance.below(20));
        return fate === 'anothers'
          ? { sub: chance.of(users).sub, tenant: 'acme' }
          : fate === 'opaque'
            ? { act: undefined }
            : {};
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer.close(), api.close(), world.close()]);
  });

  /** What a user got: an answer, or why there is none. */
  async function call(
    { sub }: User,
    token: string,
    n: number,
    run: number,
  ): Promise<{ mode: string; answer?: object; failed?: string }> {
    const [fate, patience] = [chance.of(FATES), chance.below(15)];
    const mode = fate === 'late' ? 'impatient_api' : chance.of(['orders_api', 'orders_api', 'own_api']);
    await sleep(chance.below(400));
    const use = app.as(
      token,
      async (target, identity) => {
        expect(identity.actor.sub).toBe(sub);
        const abort = new AbortController();
        if (fate === 'aborted') setTimeout(() => abort.abort(new Error('aborted')), patience);
        return (await target(`/${sub}/${fate}/${n}-${run}`, { signal: abort.signal })).json() as Promise<object>;
      },
      mode,
    );
    return use.then(
      answer => ({ mode, answer }),
      (error: { code?: string; message: string }) => ({ mode, failed: error.code ?? error.message }),
    );
  }

  it("two hundred users get their own tokens and answers and nobody else's, however their calls cross, fail and end", async () => {
    let run = 0;
    const crossing = async (seed: number) => {
      chance = new Chance(seed);
      arrived = [];
      app.auditLog.events.length = 0;
      run++;
      const tokens = await Promise.all(
        users.map(({ sub, tenant }) =>
          issuer.sign({ aud: MCP, scope: 'orders:read', sub, tenant, jti: `${sub}-${run}` }),
        ),
      );
      const got = await Promise.all(
        users.flatMap((user, i) =>
          Array.from({ length: CALLS }, async (_, n) => ({ user, ...(await call(user, tokens[i]!, n, run)) })),
        ),
      );

      const answered = got.filter(one => one.answer);
      for (const { user, mode, answer } of answered)
        expect(answer).toEqual({
          token: mode === 'own_api' ? SERVER_CLIENT : user.sub,
          txn: user.sub,
          tenant: user.tenant,
        });
      for (const { owner, token, txn } of arrived)
        expect([[owner, SERVER_CLIENT].includes(token), txn]).toEqual([true, owner]);
      expect(
        Object.keys(
          tally(
            got.filter(one => one.failed),
            one => one.failed!,
          ),
        ).sort(),
      ).toEqual([
        'aborted',
        'delegated_token_refused',
        'delegation_denied',
        'delegation_reauthenticate',
        'target_unavailable',
      ]);

      const outcomes = app.auditLog.events.filter(({ type }) => type === 'delegation.outcome');
      expect([got.length, outcomes.length]).toEqual([USERS * CALLS, USERS * CALLS]);
      expect(tally(outcomes, one => one.actor_sub!)).toEqual(Object.fromEntries(users.map(({ sub }) => [sub, CALLS])));
      expect(
        tally(
          outcomes.filter(({ outcome }) => outcome === 'ok'),
          one => one.actor_sub!,
        ),
      ).toEqual(tally(answered, ({ user }) => user.sub));
      expect(answered.length).toBeGreaterThan(got.length / 4);
    };
    await fc.assert(fc.asyncProperty(fc.integer(), crossing), { numRuns: 1, endOnFailure: true });
  });
});
