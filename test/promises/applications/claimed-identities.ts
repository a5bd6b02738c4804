import {
  Body,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Headers,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { IsObject, IsOptional, IsString } from 'class-validator';
import {
  Authenticated,
  DataSubject,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks, NAMED } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer, callByHand, unmoved } from '../parts.js';

/** The decorator that the documentation of Nest recommends. */
const CurrentUser = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest().user,
);

const reason = 'Somebody whom the search is about.';

/** What a model is asked for, with names as they occur. */
class Search {
  @DataSubject({ reason }) @IsOptional() @IsString() sub?: string;
  @DataSubject({ reason }) @IsOptional() @IsString() user_id?: string;
  @DataSubject({ reason, freeForm: true }) @IsOptional() @IsObject() actor?: object;
  @DataSubject({ reason, freeForm: true }) @IsOptional() @IsObject() user?: object;
}

const who = ({ actor, agent }: ExecutionIdentityEnvelope, stock: ExecutionIdentityEnvelope) =>
  `acts: ${actor.sub} of ${actor.tenant} by ${agent.id}, stock: ${stock.actor.sub}`;
const ALICE = 'acts: alice of acme by agent-desk-copilot, stock: alice';

@ToolController()
@Authenticated()
class SearchTools {
  @Tool({ name: 'search' })
  async search(
    @ToolInput() _input: Search,
    @Identity() identity: ExecutionIdentityEnvelope,
    @CurrentUser() stock: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    await orders.json('/search');
    return who(identity, stock);
  }
}

@Controller('search')
class SearchController {
  @Post(':user')
  @Authenticated()
  search(
    @Param('user') _param: string,
    @Query() _query: object,
    @Headers() _headers: object,
    @Body() _body: object,
    @Identity() identity: ExecutionIdentityEnvelope,
    @CurrentUser() stock: ExecutionIdentityEnvelope,
  ) {
    return who(identity, stock);
  }
}

const { headers, query, input, meta } = NAMED;
const INPUTS: object[] = [
  input,
  { user: { actor: { sub: 'bob' } } },
  { actor: { sub: 'bob' }, sub: 'bob' },
  JSON.parse('{"__proto__":{"sub":"bob","user":{"actor":{"sub":"bob"}}}}') as object,
];

const subAtApi = ({ api }: Stage): string[] =>
  ['authorization', 'txn-token'].map(name => {
    const [, payload = ''] = String(api.requests.at(-1)?.headers[name]).split('.');
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub;
  });

export const application: Application = {
  name: 'tools and handlers whose inputs are named like identities',
  start: stage => startAccounts(stage, { controllers: [SearchController], providers: [SearchTools] }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'a user searches',
      async run() {
        const { text } = await callByHand(running.send, stage.world.userToken(), 'search');
        if (!text.includes(ALICE)) throw new Error(text);
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...INPUTS.flatMap((named, i) => [
      unmoved(
        2,
        `a model names another user (${i})`,
        () => callByHand(running.send, stage.world.userToken(), 'search', { input: named, meta, headers }),
        i === 3 ? 'result' : ALICE,
        'acts: bob',
      ),
      unmoved(
        2,
        `a path, a query, a body and headers name another user (${i})`,
        async () => {
          const { status, text } = await running.send(`/search/bob${query}`, {
            ...bearer(stage.world.userToken(), { ...headers, 'content-type': 'application/json' }),
            method: 'POST',
            body: JSON.stringify(named),
          });
          return { status: status === 201 ? 200 : status, text };
        },
        ALICE,
        'acts: bob',
      ),
    ]),
    {
      promise: 2,
      name: 'an API is told another user',
      async run() {
        await callByHand(running.send, stage.world.userToken(), 'search', { input, meta, headers });
        const subs = subAtApi(stage);
        return subs.every(sub => sub === 'alice') ? undefined : subs.join();
      },
    },
  ],
};
