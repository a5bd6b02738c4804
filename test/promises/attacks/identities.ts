import { type Attack, type Running, type Stage } from '../application.js';
import { bearer, callByHand, refused, unmoved } from '../parts.js';

/** Headers, queries and inputs that name another user, as gateways, clients and models write them. */
export const NAMED = {
  headers: {
    'x-user-id': 'bob',
    'x-forwarded-user': 'bob',
    'x-actor-sub': 'bob',
    'x-tenant': 'globex',
    'x-agent-id': 'evil',
    'txn-token': 'bob',
    baggage: 'user_id=bob,tenant=globex',
  },
  query: '?sub=bob&user_id=bob&actor[sub]=bob',
  input: { sub: 'bob', user_id: 'bob', actor: { sub: 'bob', tenant: 'globex' } },
  meta: { 'io.modelcontextprotocol/clientInfo': { name: 'bob', version: '1' }, sub: 'bob', user: { sub: 'bob' } },
};

/** On promise 2: no identity from the model. */
export function identityAttacks({ send }: Running, { world }: Stage): Attack[] {
  const { headers, query, input, meta } = NAMED;
  const bob = world.userToken({ sub: 'bob' });
  return [
    refused(2, 'nobody reads who they are', () => send('/accounts/me')),
    refused(2, 'a forged token reads who they are', () =>
      send('/accounts/me', bearer(`${world.userToken().slice(0, -8)}AAAAAAAA`)),
    ),
    unmoved(
      2,
      'headers and a query name another user',
      () => send(`/accounts/me${query}`, bearer(world.userToken(), headers)),
      'alice',
      'bob',
    ),
    unmoved(
      2,
      'the sealed envelope of another user comes in a header',
      () => send('/accounts/me', bearer(world.userToken(), { 'txn-token': bob })),
      'alice',
      'bob',
    ),
    unmoved(
      2,
      'the input of a tool names another user',
      () => callByHand(send, world.userToken(), 'whoami', { input }),
      '"isError":true',
      '"text":"bob',
    ),
    unmoved(
      2,
      'the client, its _meta and its headers name another user',
      () => callByHand(send, world.userToken(), 'whoami', { meta, headers }),
      'alice',
      '"text":"bob',
    ),
    unmoved(
      2,
      'an API puts a question of its own to the user',
      () => callByHand(send, world.userToken(), 'ask'),
      'result',
      '"resultType":"input_required"',
    ),
  ];
}
