import { type Era, ERAS } from '../support/app.js';
import { type Message, message } from '../support/mcp-messages.js';
import { type Random } from './spellings.js';
import { goodInput, hostileInput, hostileTree, identityValue, object, VICTIMS } from './trees.js';

/** One call to send: who calls, and what the model and the client say besides. */
export interface Call {
  readonly isHostile: boolean;
  readonly era: Era;
  readonly body: Message;
  readonly headers: Record<string, string>;
}

const TOOLS = ['order', 'search', 'label', 'mine'];
const HEADERS = [
  ...[
    'x-user-id',
    'x-user',
    'x-actor-sub',
    'x-actor-id',
    'x-forwarded-user',
    'x-remote-user',
    'x-tenant',
    'x-tenant-id',
  ],
  ...[
    'x-agent-id',
    'x-client-id',
    'x-on-behalf-of',
    'x-acts-for',
    'actor',
    'sub',
    'user',
    'from',
    'cookie',
    'mcp-session-id',
  ],
];

type Params = Record<string, unknown>;

export function goodCall(random: Random): Call {
  const era = random.pick(ERAS);
  const [method, params] = good(random);
  return { isHostile: false, era, body: message(era, method, params), headers: {} };
}

function good(random: Random): [string, Params] {
  const [tool, key] = [random.pick(TOOLS), random.below(100)];
  const tones = [{ tone: 'warm' }, {}];
  return random.pick<[string, Params]>([
    ['tools/call', { name: tool, arguments: goodInput(tool, random) }],
    ['tools/call', { name: tool, arguments: goodInput(tool, random) }],
    ['prompts/get', { name: 'letter', arguments: random.pick(tones) }],
    ['resources/read', { uri: `orders://o-${key}` }],
  ]);
}

/** A call in which at least one thing names somebody who does not call, or is no input at all. */
export function hostileCall(random: Random): Call {
  const era = random.pick(ERAS);
  const [method, params] = hostile(random);
  const body = message(era, method, params);
  if (random.chance(0.1))
    Object.assign(
      body,
      object([
        ['user', identityValue(random)],
        ['actor', hostileTree(random)],
      ]),
    );
  return { isHostile: true, era, body, headers: random.chance(0.3) ? hostileHeaders(random) : {} };
}

function hostile(random: Random): [string, Params] {
  const [method, params] = good(random);
  switch (random.below(8)) {
    case 0:
      return [method, { ...params, _meta: clientMeta(random) }];
    case 1:
      return [
        method,
        object([...Object.entries(params), ...Object.entries(hostileTree(random)).filter(isNoParameter)]),
      ];
    case 2:
      return ['prompts/get', { name: 'letter', arguments: hostileInput('letter', random) }];
    case 3:
      return ['resources/read', { uri: `orders://${hostileUri(random)}` }];
    default: {
      const name = random.pick(TOOLS);
      return ['tools/call', { name, arguments: hostileInput(name, random) }];
    }
  }
}

/** Without those that the protocol reads. */
const isNoParameter = ([name]: [string, unknown]): boolean => !['_meta', 'name', 'uri', 'arguments'].includes(name);

function clientMeta(random: Random): Params {
  const [victim, client] = [random.pick(VICTIMS), 'io.modelcontextprotocol/clientInfo'];
  const named = Object.entries(hostileTree(random)).filter(([name]) => name !== '_meta');
  return object([
    ...named,
    [client, { name: victim, version: '1', sub: victim, user_id: victim }],
    ['user', { sub: victim }],
  ]);
}

function hostileUri(random: Random): string {
  const victim = encodeURIComponent(random.pick(VICTIMS));
  return random.pick([
    victim,
    `o-1?user_id=${victim}&sub=${victim}`,
    `o-1#${victim}`,
    `${victim}@o-1`,
    `o-1/${victim}`,
    `%2e%2e%2f${victim}`,
    encodeURIComponent(JSON.stringify(hostileTree(random))),
  ]);
}

function hostileHeaders(random: Random): Record<string, string> {
  const victim = random.pick(VICTIMS);
  const names = Array.from({ length: 1 + random.below(4) }, () => random.pick(HEADERS));
  return {
    ...Object.fromEntries(names.map(name => [name, name === 'cookie' ? `user_id=${victim}; sub=${victim}` : victim])),
    ...(random.chance(0.4) && { baggage: `user_id=${victim},sub=${victim},tenant=globex` }),
    ...(random.chance(0.4) && { forwarded: `for=${victim};by=${victim}` }),
  };
}
