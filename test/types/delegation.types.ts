import { expectTypeOf } from 'expect-type';
import { GraphQLClient } from 'graphql-request';
import createClient from 'openapi-fetch';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  type DelegationService,
  type EnvelopeParts,
  type ExecutionIdentityEnvelope,
  path,
  type TargetOptions,
} from 'nestjs-eie';

declare const orders: DelegatedFetch;
declare const delegation: DelegationService;
declare const identity: ExecutionIdentityEnvelope;

// It is a fetch wherever a client takes one, and a fetch is no delegated one.
expectTypeOf<DelegatedFetch>().toExtend<typeof fetch>();
expectTypeOf<typeof fetch>().not.toExtend<DelegatedFetch>();
createClient({ baseUrl: orders.baseUrl, fetch: orders });
new GraphQLClient(orders.baseUrl, { fetch: orders });
new StreamableHTTPClientTransport(new URL(orders.baseUrl), { fetch: orders });
expectTypeOf(orders).returns.resolves.toEqualTypeOf<Response>();
expectTypeOf(orders.baseUrl).toEqualTypeOf<string>();
expectTypeOf(orders.json('/orders')).resolves.toEqualTypeOf<unknown>();
expectTypeOf(orders.json<{ status: string }>('/orders')).resolves.toEqualTypeOf<{ status: string }>();
expectTypeOf(path`/orders/${'A-1'}/lines/${7}/${8n}`).toEqualTypeOf<string>();
// @ts-expect-error -- nothing that may be absent
void path`/orders/${undefined}`;
// @ts-expect-error -- a template, not a text that is already put together
path('/orders/A-1');
// @ts-expect-error -- where a target is, the configuration says
orders.baseUrl = 'https://evil.test';

// It is had for an identity and a named target: not for parts that look like an identity.
expectTypeOf(delegation.for(identity, 'orders_api')).toEqualTypeOf<DelegatedFetch>();
// @ts-expect-error -- no envelope
delegation.for({} as EnvelopeParts, 'orders_api');
// @ts-expect-error -- no target
delegation.for(identity);

@DelegatesTo('orders_api', 'billing_api')
export class Handlers {
  one(@Delegated('orders_api') _orders: DelegatedFetch) {}
  // @ts-expect-error -- a target has a name
  none(@Delegated() _nothing: DelegatedFetch) {}
}
// @ts-expect-error -- it needs one target
DelegatesTo();

// The modes are three, and a target names one.
expectTypeOf<TargetOptions['mode']>().toEqualTypeOf<'service_identity' | 'on_behalf_of' | 'restricted_user'>();
expectTypeOf<{ baseUrl: string; scopes: string[] }>().not.toExtend<TargetOptions>();
