import { Controller, Get, Headers, type Type as Class } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import {
  Authenticated,
  DataSubject,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { Prompt, ResourceTemplate, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { startMcpApp, type TestApp } from '../support/app.js';
import { ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { ORDERS, type World } from '../support/world.js';

/** Whom the API behind the tools has seen, by the trace of the call. */
export interface Seen {
  readonly trace: string;
  readonly sub: string;
  readonly tenant: string | undefined;
  readonly agent: string;
}

const reason = 'The person whose orders are looked for; the scopes of the caller and the API decide.';

class Line {
  @IsString() sku: string;
  @IsInt() @Min(1) @Max(99) count: number;
}

class NewOrder {
  /** Its validator lets a list pass: the schema alone says that it is a text. */
  @IsNotEmpty() note: string;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Line) lines?: Line[];
}

class Search {
  @DataSubject({ reason }) @IsOptional() @IsString() user_id?: string;
  @DataSubject({ reason }) @IsOptional() @IsString() tenant?: string;
  @IsOptional() @IsString() words?: string;
}

class Labels {
  @DataSubject({ reason: 'What is printed on the parcel.', freeForm: true }) @IsObject() labels: object;
}

class Letter {
  @IsOptional() @IsString() tone?: string;
}

class OrderKey {
  @IsString() key: string;
}

/** Whom a list names that came in place of a text. */
const named = (note: unknown): string | undefined =>
  [note].flat(9).some(one => typeof one === 'object') ? JSON.stringify(note) : undefined;

const call = async (orders: DelegatedFetch, user: string): Promise<string> => {
  await orders('/whoami');
  return `acts for ${user}`;
};

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'order' })
  order(
    @ToolInput() { note }: NewOrder,
    @Delegated('orders_api') api: DelegatedFetch,
    @Identity('actor.sub') user: string,
  ) {
    return call(api, named(note) ?? user);
  }

  @Tool({ name: 'search' })
  search(
    @ToolInput() _input: Search,
    @Delegated('orders_api') api: DelegatedFetch,
    @Identity('actor.sub') user: string,
  ) {
    return call(api, user);
  }

  @Tool({ name: 'label' })
  label(
    @ToolInput() _input: Labels,
    @Delegated('orders_api') api: DelegatedFetch,
    @Identity('actor.sub') user: string,
  ) {
    return call(api, user);
  }

  @Tool({ name: 'mine' })
  mine(@Delegated('orders_api') api: DelegatedFetch, @Identity('actor.sub') user: string) {
    return call(api, user);
  }

  @Prompt({ name: 'letter' })
  letter(
    @ToolInput() _input: Letter,
    @Delegated('orders_api') api: DelegatedFetch,
    @Identity('actor.sub') user: string,
  ) {
    return call(api, user);
  }

  @ResourceTemplate({ uriTemplate: 'orders://{key}', name: 'order' })
  one(
    @ToolInput() _input: OrderKey,
    @Delegated('orders_api') api: DelegatedFetch,
    @Identity('actor.sub') user: string,
  ) {
    return call(api, user);
  }
}

/** The fault that the proof must find: the tool lets the model say for whom it acts, and its API believes the tool. */
@ToolController()
@Authenticated()
class TrustingTools extends Tools {
  @Tool({ name: 'search' })
  override async search(
    @ToolInput() input: Search,
    @Delegated('orders_api') api: DelegatedFetch,
    @Identity('actor.sub') user: string,
  ) {
    const actsFor = input.user_id ?? user;
    await api('/whoami', { headers: { 'x-acts-for': encodeURIComponent(actsFor) } });
    return `acts for ${actsFor}`;
  }
}

/** The same tools without a word about the fields that look like an identity: they must not boot. */
class Bare {
  @IsOptional() @IsString() user_id?: string;
}

@ToolController()
@Authenticated()
class UndeclaredTools {
  @Tool({ name: 'search' })
  search(@ToolInput() { user_id }: Bare) {
    return user_id;
  }
}

function apiClass(seen: Seen[], believesHeader: boolean): Class {
  @Controller('whoami')
  class WhoamiController {
    @Get()
    @Authenticated()
    whoami(@Identity() { actor, agent, session }: ExecutionIdentityEnvelope, @Headers('x-acts-for') header?: string) {
      const sub = believesHeader && header !== undefined ? decodeURIComponent(header) : actor.sub;
      seen.push({ trace: session.trace_id, sub, tenant: actor.tenant, agent: agent.id });
    }
  }
  return WhoamiController;
}

export interface Stage {
  readonly shop: TestApp;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** A server with tools, and the API behind them, a receiver on a port of its own. */
export async function startStage(world: World, fault: 'none' | 'trusts input' = 'none'): Promise<Stage> {
  const seen: Seen[] = [];
  const isFaulty = fault !== 'none';
  const api: ReceiverApp = await startReceiver(world, {
    service: 'orders_api',
    resource: ORDERS,
    controllers: [apiClass(seen, isFaulty)],
  });
  const shop = await startMcpApp(world, {
    providers: [isFaulty ? TrustingTools : Tools],
    options: { signing: { keys: world.sealing.keys }, targets: { orders_api: ordersTarget(world, api.url) } },
  });
  return {
    shop,
    seen,
    async close() {
      await shop.close();
      await api.close();
    },
  };
}

/** Whether the boot check refuses an undeclared identity, with the words for both fixes. */
export async function refusesUndeclared(world: World): Promise<boolean> {
  try {
    await (await startMcpApp(world, { providers: [UndeclaredTools] })).close();
    return false;
  } catch (error) {
    const { message } = error as Error;
    return ['"user_id"', "@Identity('actor.sub')", '@DataSubject({ reason })'].every(text => message.includes(text));
  }
}
