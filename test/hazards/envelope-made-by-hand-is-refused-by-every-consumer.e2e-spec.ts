import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, UseGuards } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  Authenticated,
  DelegatesTo,
  DelegationService,
  type EieError,
  ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import { startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { BILLING, MCP, startWorld, type World } from '../support/world.js';

const FORGED = { actor: { type: 'user', issuer: 'https://as.test', sub: 'bob' } };
const Envelope = ExecutionIdentityEnvelope as any;

/** An application's guard that runs after ours and believes it decides who the user is. */
@Injectable()
class Impostor implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    if (request.headers['x-impostor']) Object.assign(request, { user: FORGED, identity: FORGED, authInfo: FORGED });
    return true;
  }
}

/** With modules of its own: those of the other tests stay as they are. */
async function isolated<Result>(act: () => Promise<Result>): Promise<Result> {
  let result: Result | undefined;
  await jest.isolateModulesAsync(async () => void (result = await act()));
  return result!;
}

let genuine: ExecutionIdentityEnvelope;

@Controller()
class Handlers {
  @Get('whoami')
  @UseGuards(Impostor)
  @Authenticated()
  @DelegatesTo('billing_api')
  whoami(@Identity() identity: ExecutionIdentityEnvelope) {
    genuine = identity;
    return { sub: identity.actor.sub };
  }

  @Get('balance')
  @Authenticated()
  @DelegatesTo('billing_api')
  async balance(@Identity() identity: ExecutionIdentityEnvelope) {
    return { status: (await delegate(identity)).status };
  }
}

let world: World;
let api: Loopback;
let shop: TestApp;
const options = () => ({
  targets: {
    billing_api: {
      mode: 'service_identity' as const,
      baseUrl: api.url,
      issuer: world.issuer,
      resource: BILLING,
      scopes: ['billing:read'],
    },
  },
});
const get = async (url: string, headers = {}) =>
  (
    await fetch(url, { headers: { authorization: `Bearer ${world.userToken({ scope: 'billing:read' })}`, ...headers } })
  ).json();
const whoami = (url: string, headers = {}): Promise<{ sub: string }> => get(`${url}/whoami`, headers);
const delegate = (identity: unknown) =>
  shop.app.get(DelegationService).for(identity as ExecutionIdentityEnvelope, 'billing_api')('/balance');

const HAND_MADE: [string, () => unknown, EieError['code']][] = [
  ['nothing', () => undefined, 'identity_missing'],
  ['null', () => null, 'identity_missing'],
  ['a string', () => 'alice', 'identity_forged'],
  ['an object literal', () => ({ ...genuine, actor: { ...genuine.actor, sub: 'bob' } }), 'identity_forged'],
  ['a structured clone', () => structuredClone(genuine), 'identity_forged'],
  ['what came through JSON', () => JSON.parse(JSON.stringify(genuine)), 'identity_forged'],
  [
    'an object whose prototype is a genuine one',
    () => Object.create(genuine, { actor: { value: FORGED.actor } }),
    'identity_forged',
  ],
  [
    "an object of the class's prototype",
    () => Object.assign(Object.create(Envelope.prototype), genuine),
    'identity_forged',
  ],
  // What the mark of a copy shows is only good for the message: both are refused.
  [
    'a proxy of a genuine one',
    () => new Proxy(genuine, { get: (target, name) => (name === 'actor' ? FORGED.actor : Reflect.get(target, name)) }),
    'identity_forged',
  ],
];

describe('an envelope made by hand', () => {
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
    shop = await startApp(world, { controllers: [Handlers], options: options() });
    await whoami(shop.url);
  });
  afterAll(async () => {
    await shop.close();
    await Promise.all([world.close(), api.close()]);
  });

  it('is told from a genuine one, which works', async () => {
    expect(ExecutionIdentityEnvelope.isIssued(genuine)).toBe(true);
    expect(await get(`${shop.url}/balance`)).toEqual({ status: 200 });
    expect(api.requests).toHaveLength(1);
  });

  it.each(HAND_MADE)(
    '%s is refused by DelegationService, which sends nothing and records no identity',
    async (_name, make, code) => {
      const [sent, minted, from] = [api.requests.length, world.minted.length, shop.auditLog.events.length];
      await expect(delegate(make())).rejects.toMatchObject({ name: 'EieError', code });
      expect([api.requests.length, world.minted.length]).toEqual([sent, minted]);
      expect(shop.auditLog.events.slice(from)).toEqual([
        expect.objectContaining({
          type: 'delegation.refused',
          reason: code,
          actor_sub: null,
          actor_issuer: null,
          envelope_id: null,
        }),
      ]);
    },
  );

  it.each(HAND_MADE)('%s is not issued in the eyes of the exported check', (_name, make) => {
    expect(ExecutionIdentityEnvelope.isIssued(make())).toBe(false);
  });

  it.each([
    ['the constructor', () => new Envelope(Symbol('construction'), genuine)],
    ['the constructor, reflected', () => Reflect.construct(Envelope, [Symbol('construction'), genuine], class {})],
    ['a subclass', () => new (class extends Envelope {} as any)(Symbol('construction'), genuine)],
  ])('%s makes none', (_way, make) => {
    expect(make).toThrow(expect.objectContaining({ name: 'EieError', code: 'identity_forged' }));
  });

  it('does not come out of a genuine one by changing it', () => {
    const writes = [
      () => Object.assign(genuine.actor, { sub: 'bob' }),
      () => Object.assign(genuine, { actor: FORGED.actor }),
      () => (genuine.authorization.scopes as string[]).push('billing:write'),
      () => (genuine.delegation.allowed as string[]).push('orders_api'),
      () => (genuine.agent.chain as unknown[]).pop(),
      () =>
        Object.setPrototypeOf(genuine, {
          get actor() {
            return FORGED.actor;
          },
        }),
    ];
    for (const write of writes) expect(write).toThrow(TypeError);
    expect(genuine.actor.sub).toBe('alice');
  });

  it('with the internals of execution-identity is refused by DelegationService: no guard of this server let it in', async () => {
    const { actor, agent, authorization, meta } = genuine;
    const identity = {
      actor: { ...actor, sub: 'bob' },
      agent,
      authorization,
      issuedAt: 0,
      expiresAt: Infinity,
    };
    const admitted = admittedIdentity(identity);
    const target = { name: 'billing_api', mode: 'service_identity' as const, scopes: ['billing:read'], onward: {} };
    const now = Math.floor(Date.now() / 1000);
    const made = issue(admitted, {
      issuer: meta.issuer,
      traceId: 'a'.repeat(32),
      targets: [target],
      lifetime: 300,
      now,
    });
    expect(() =>
      issue(identity, { issuer: meta.issuer, traceId: 'a'.repeat(32), targets: [], lifetime: 300, now }),
    ).toThrow(expect.objectContaining({ code: 'identity_forged' }));
    expect(ExecutionIdentityEnvelope.isIssued(made)).toBe(true);
    const [sent, from] = [api.requests.length, shop.auditLog.events.length];
    await expect(delegate(made)).rejects.toMatchObject({ name: 'EieError', code: 'identity_forged' });
    expect(api.requests).toHaveLength(sent);
    expect(shop.auditLog.events.slice(from)).toEqual([
      expect.objectContaining({
        type: 'delegation.refused',
        reason: 'identity_forged',
        actor_sub: null,
        handler: null,
      }),
    ]);
  });

  it('in request.user is not believed by @Identity()', async () => {
    expect(await whoami(shop.url, { 'x-impostor': 'yes' })).toEqual({ sub: 'alice' });
  });

  it('by a second copy of the package is refused, and reported as that', async () => {
    const { copy, foreign } = await isolated(async () => {
      const copy = await import('nestjs-eie');
      const { issue } = await import('execution-identity/internal/issue');
      const { configuredIdentity } = await import('execution-identity/internal/admit');
      const identity = configuredIdentity(
        { issuer: world.issuer, sub: 'alice', type: 'user', clientId: 'a', agent: 'a', scopes: [] },
        0,
      );
      const now = Math.floor(Date.now() / 1000);
      return {
        copy,
        foreign: issue(identity, { issuer: MCP, traceId: 'a'.repeat(32), targets: [], lifetime: 300, now }),
      };
    });
    expect(copy.ExecutionIdentityEnvelope).not.toBe(ExecutionIdentityEnvelope);
    expect(copy.ExecutionIdentityEnvelope.isIssued(foreign)).toBe(true);
    expect(ExecutionIdentityEnvelope.isIssued(foreign)).toBe(false);
    await expect(delegate(foreign)).rejects.toMatchObject({
      code: 'identity_of_another_copy',
      message: expect.stringContaining('npm ls execution-identity'),
    });
  });
});
