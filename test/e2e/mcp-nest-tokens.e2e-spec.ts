import { type IncomingMessage } from 'node:http';
import {
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  Scope,
} from '@nestjs/common';
import { APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { Ctx } from '@nestjs/microservices';
import { type McpContext, McpController, McpRawRequest, Tool } from '@rekog/mcp-nest';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { type McpNestUser } from 'nestjs-eie/mcp-nest';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, ERAS, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { tokensWithin } from '../support/reachable.js';
import { BILLING, MCP, ORDERS, startWorld, type World } from '../support/world.js';

let world: World;
let api: Loopback;
/** Everything that was handed to code of the application, by where it was handed over. */
let handed: Record<string, unknown>;
/** Where a tool found a token while it ran. */
let found: string[];
let plant: string | undefined;

const Context = createParamDecorator((_data: undefined, context: ExecutionContext) => context);

@Injectable()
class Seeing implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const args = context.getArgs();
    if (plant && context.getType() === 'http') args[0].headers['x-planted'] = plant;
    handed[`arguments of the ${context.getType<string>()} pipeline`] = args;
    return next.handle();
  }
}

type Raw = IncomingMessage & { user: McpNestUser };

@McpController({ scope: Scope.REQUEST })
@Authenticated()
class Tools {
  constructor(
    @Inject(REQUEST) private readonly request: unknown,
    @Inject(DelegationService) private readonly delegation: DelegationService,
  ) {}

  @Tool({ name: 'everything' })
  @DelegatesTo('billing_api')
  async everything(
    @Context() context: ExecutionContext,
    @Ctx() call: McpContext,
    @McpRawRequest() raw: Raw,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    const answers = [await orders('/1'), await this.delegation.for(identity, 'billing_api')('/2')];
    Object.assign(handed, {
      tool: this,
      request: this.request,
      context,
      call,
      callArguments: call.getArgs(),
      raw,
      identity,
      orders,
      answers,
    });
    found.push(...tokensWithin(handed, minted()));
    return answers.map(({ status }) => status);
  }

  @Tool({ name: 'reads_the_header' })
  readsTheHeader(@McpRawRequest() { headers }: Raw) {
    return { authorization: headers.authorization ?? 'none' };
  }

  @Tool({ name: 'user' })
  user(@McpRawRequest() raw: Raw) {
    let written = 'written';
    try {
      raw.user = { ...raw.user, sub: 'bob' };
    } catch {
      written = 'refused';
    }
    return { ...raw.user, written, isFrozen: Object.isFrozen(raw.user) };
  }

  @Tool({ name: 'orders' })
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/closed')).status;
  }

  @Tool({ name: 'expelled' })
  async expelled(@Delegated('nowhere_api') nowhere: DelegatedFetch) {
    return (await nowhere('/')).status;
  }
}

/** Tokens that were planted in requests, which other requests may still lead to. They are searched for only where they are planted. */
const planted: string[] = [];
const minted = () => [
  ...world.minted.filter(token => token === plant || !planted.includes(token)),
  ...api.requests.flatMap(({ headers }) => (headers['txn-token'] as string | undefined) ?? []),
];
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
  nowhere_api: {
    mode: 'on_behalf_of' as const,
    baseUrl: api.url,
    issuer: world.issuer,
    resource: ORDERS,
    scopes: ['ledger:read'],
  },
});
const scope = 'orders:read billing:read';

describe('tools of mcp-nest and tokens', () => {
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

    beforeAll(async () => {
      shop = await startMcpNest(world, {
        adapter,
        controllers: [Tools],
        providers: [{ provide: APP_INTERCEPTOR, useClass: Seeing }],
        options: { targets: targets(), authorization: { scopeHierarchy: { 'orders:write': ['orders:read'] } } },
        // A server of old: it believes what it reads, before any guard.
        prepare: app =>
          void app.use((request: { user?: object }, _response: unknown, next: () => void) => {
            request.user = { sub: 'mallory', scope: 'ledger:write' };
            next();
          }),
      });
    });
    afterAll(() => shop.close());

    describe.each(ERAS)('with a client of %s', era => {
      const as = async (token: string, tool: string) => {
        const client = await connect(shop.url, token, era);
        return callTool(client, tool).finally(() => client.close());
      };

      it('no token is reachable from anything a tool of mcp-nest is given, not even its signature', async () => {
        expect(await as(world.userToken({ scope }), 'everything')).toMatchObject({ isError: false, json: [200, 200] });
        expect(Object.keys(handed)).toEqual(
          expect.arrayContaining([
            'arguments of the http pipeline',
            'arguments of the rpc pipeline',
            'callArguments',
            'raw',
          ]),
        );
        expect(minted().length).toBeGreaterThan(4);
        expect([...found, ...tokensWithin(handed, minted())]).toEqual([]);
      });

      it('the same search finds a token that is planted in the headers of the call', async () => {
        plant = world.userToken({ scope });
        planted.push(plant);
        expect(await as(plant, 'everything')).toMatchObject({ isError: false });
        expect(found).toContainEqual(expect.stringContaining('x-planted'));
      });

      it('a tool that reads the token of the raw request finds none', async () => {
        expect((await as(world.userToken(), 'reads_the_header')).json).toEqual({ authorization: 'none' });
      });

      it('a tool that reads req.user finds the verified user, whatever a middleware wrote there, and cannot change it', async () => {
        expect((await as(world.userToken({ scope: 'orders:write' }), 'user')).json).toEqual({
          iss: world.issuer,
          sub: 'alice',
          tenant: 'acme',
          client_id: 'desk-copilot',
          scope: 'orders:write orders:read',
          written: 'refused',
          isFrozen: true,
        });
      });

      it('a tool calls an API on behalf of its user, with a token of its own and the sealed envelope', async () => {
        const [from, records] = [api.requests.length, shop.auditLog.decisions.length];
        const token = world.userToken({ scope });
        await as(token, 'everything');
        const { headers } = api.requests[from]!;
        const sent = headers.authorization!.slice('Bearer '.length);
        expect(sent).not.toBe(token);
        expect(claimsOf(sent)).toMatchObject({
          sub: 'alice',
          aud: ORDERS,
          scope: 'orders:read',
          act: { sub: 'mcp-server' },
        });
        expect(claimsOf(headers['txn-token'] as string)).toMatchObject({ sub: 'alice', req_wl: MCP });
        expect(
          shop.auditLog.decisions.slice(records).map(({ type, target }) => `${type} ${target ?? ''}`.trim()),
        ).toEqual([
          'execution.intent',
          'delegation.intent orders_api',
          'delegation.outcome orders_api',
          'delegation.intent billing_api',
          'delegation.outcome billing_api',
          'execution.outcome',
        ]);
      });

      it('a delegation that fails tells the client why, and what to ask for', async () => {
        expect(await as(world.userToken({ scope }), 'orders')).toMatchObject({
          isError: true,
          code: 'target_unavailable',
        });
        const client = await connect(shop.url, world.userToken({ scope }), era);
        const { isError, structuredContent } = await client.callTool({ name: 'expelled', arguments: {} });
        await client.close();
        expect({ isError, structuredContent }).toEqual({
          isError: true,
          structuredContent: {
            code: 'delegation_scope_empty',
            challenge: expect.stringMatching(
              /^Bearer error="insufficient_scope".* scope="ledger:read", resource_metadata=/,
            ),
          },
        });
      });
    });
  });
});
