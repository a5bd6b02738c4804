import { type IncomingMessage } from 'node:http';
import {
  type CallHandler,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type NestInterceptor,
  Req,
  Res,
  Scope,
} from '@nestjs/common';
import { APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { Server } from '@modelcontextprotocol/server';
import { jest } from '@jest/globals';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
  Public,
  RequireScopes,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { tokensWithin } from '../support/reachable.js';
import { BILLING, INVOICES, ORDERS, startWorld, type World } from '../support/world.js';

let world: World;
let api: Loopback;
/** Everything that was handed to code of the application or of the SDK, by where it was handed over. */
let handed: Record<string, unknown>;
/** Where code of the application found a token while it ran. */
let found: string[];
let plant: string | undefined;

const Context = createParamDecorator((_data: undefined, context: ExecutionContext) => context);

/** An interceptor such as any application has one: it sees what each pipeline is given. */
@Injectable()
class Seeing implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const args = context.getArgs();
    if (plant && context.getType() === 'http') args[0].headers['x-planted'] = plant;
    handed[`arguments of the ${context.getType<string>()} pipeline`] = args;
    return next.handle();
  }
}

@ToolController()
@Injectable({ scope: Scope.REQUEST })
class Tools {
  constructor(
    @Inject(REQUEST) private readonly request: unknown,
    @Inject(DelegationService) private readonly delegation: DelegationService,
  ) {}

  @Tool({ name: 'everything' })
  @RequireScopes('orders:read')
  async everything(
    @Context() context: ExecutionContext,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
    @Delegated('billing_api') billing: DelegatedFetch,
    @Delegated('legacy_api') legacy: DelegatedFetch,
  ) {
    const own = new Request(`${api.url}/own`);
    const init = { headers: new Headers({ accept: 'application/json' }) };
    const answers = [await orders('/1', init), await orders(own), await billing('/2'), await legacy('/3')];
    const error: unknown = await orders('/closed').catch((failure: unknown) => failure);
    const bodies = await Promise.all(answers.map(answer => answer.clone().text()));
    Object.assign(handed, {
      tool: this,
      request: this.request,
      context,
      identity,
      fetches: [orders, billing, legacy],
      own,
      init,
      answers,
      error,
      bodies,
    });
    found.push(...tokensWithin(handed, minted()));
    return bodies.length;
  }
}

/** What a plain handler finds while it runs. */
function look(request: IncomingMessage, response: object, context: ExecutionContext) {
  Object.assign(handed, { request, response, context });
  found.push(...tokensWithin(handed, minted()));
  return { authorization: request.headers.authorization ?? 'none' };
}

@Controller()
class Handlers {
  @Get('private')
  @Authenticated()
  private(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: object,
    @Context() context: ExecutionContext,
  ) {
    return look(request, response, context);
  }

  @Get('public')
  @Public({ reason: 'shows that credentials are stripped here too' })
  public(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: object,
    @Context() context: ExecutionContext,
  ) {
    return look(request, response, context);
  }
}

const targets = () => ({
  orders_api: {
    mode: 'on_behalf_of' as const,
    baseUrl: api.url,
    issuer: world.issuer,
    resource: ORDERS,
    scopes: ['orders:read'],
  },
  billing_api: {
    mode: 'service_identity' as const,
    baseUrl: api.url,
    issuer: world.issuer,
    resource: BILLING,
    scopes: ['billing:read'],
  },
  legacy_api: {
    mode: 'restricted_user' as const,
    baseUrl: api.url,
    issuer: world.issuer,
    resource: INVOICES,
    scopes: ['invoices:read'],
    reason: 'cannot read act claims',
  },
});

/** Tokens that were planted in requests, which other requests may still lead to. They are searched for only where they are planted. */
const planted: string[] = [];
/** Every token of the run: those of the authorization server, and the Txn-Tokens that the API was sent. */
const minted = () => [
  ...world.minted.filter(token => token === plant || !planted.includes(token)),
  ...api.requests.flatMap(({ headers }) => (headers['txn-token'] as string | undefined) ?? []),
];

describe('no token reaches a tool', () => {
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) =>
      request.url === '/closed' ? void request.socket.destroy() : response.end('{}'),
    );
  });
  afterAll(() => Promise.all([world.close(), api.close()]));
  beforeEach(() => {
    handed = {};
    found = [];
    plant = undefined;
  });

  describe.each(ADAPTERS)('on %s', adapter => {
    let shop: TestApp;
    const scope = 'orders:read billing:read invoices:read';

    beforeAll(async () => {
      shop = await startMcpApp(world, {
        adapter,
        providers: [Tools, { provide: APP_INTERCEPTOR, useClass: Seeing }],
        controllers: [Handlers],
        options: { targets: targets() },
      });
    });
    afterAll(() => shop.close());
    afterEach(() => void jest.restoreAllMocks());

    /** Lets the test see the SDK's own context of each call, which no tool of ours is given. */
    function seeTheSdk(): void {
      const register = Server.prototype.setRequestHandler as (...parts: unknown[]) => void;
      jest.spyOn(Server.prototype, 'setRequestHandler').mockImplementation(function (
        this: Server,
        method: string,
        run: (...given: unknown[]) => unknown,
      ) {
        return register.call(this, method, (...given: unknown[]) => {
          if (method === 'tools/call') handed['what the SDK gives a tool'] = given;
          return run(...given);
        });
      } as never);
    }

    describe.each(ERAS)('with a client of %s', era => {
      it('no token is reachable from anything a tool is given, not even its signature', async () => {
        seeTheSdk();
        const client = await connect(shop.url, world.userToken({ scope }), era);
        expect(await callTool(client, 'everything')).toMatchObject({ isError: false, json: 4 });
        await client.close();

        expect(Object.keys(handed)).toEqual(
          expect.arrayContaining([
            'arguments of the http pipeline',
            'arguments of the mcp pipeline',
            'what the SDK gives a tool',
            'answers',
          ]),
        );
        expect(minted().length).toBeGreaterThan(6);
        expect([...found, ...tokensWithin(handed, minted())]).toEqual([]);
      });

      it('the same search finds a token that is planted in the headers of the call', async () => {
        plant = world.userToken({ scope });
        planted.push(plant);
        const client = await connect(shop.url, plant, era);
        expect(await callTool(client, 'everything')).toMatchObject({ isError: false });
        await client.close();
        expect(found).toContainEqual(expect.stringContaining('x-planted'));
      });

      it('reading the token of the SDK throws an error that names DelegationService', async () => {
        seeTheSdk();
        const client = await connect(shop.url, world.userToken({ scope }), era);
        await callTool(client, 'everything');
        await client.close();
        const [, context] = handed['what the SDK gives a tool'] as [unknown, { http: { authInfo: { token: string } } }];
        expect(() => context.http.authInfo.token).toThrow(/DelegationService/);
      });
    });

    it.each(['private', 'public'])('no token is reachable from what a %s HTTP handler is given', async path => {
      const answer = await fetch(`${shop.url}/${path}`, {
        headers: {
          authorization: `Bearer ${world.userToken()}`,
          'proxy-authorization': world.userToken(),
          // Beside a token that is bound to no key it is refused, so no handler runs.
          ...(path === 'public' && { dpop: world.userToken() }),
          'txn-token': world.userToken(),
        },
      });
      expect(Object.keys(handed)).toEqual(expect.arrayContaining(['request', 'response', 'context']));
      expect([...found, ...tokensWithin(handed, minted())]).toEqual([]);
      expect(await answer.json()).toEqual({ authorization: 'none' });
    });
  });
});
