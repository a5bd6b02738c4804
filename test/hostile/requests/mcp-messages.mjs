import { mcpHeaders } from './requests.mjs';

const nested = (depth, open = '{"a":', close = '}') => `${open.repeat(depth)}1${close.repeat(depth)}`;
const call = (name, input, others) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: input },
  ...others,
});
const callText = input =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_order","arguments":${input}}}`;
const many = (count, one) => Array.from({ length: count }, (_, id) => ({ ...one, id }));

/** Bodies that no tool may run for, although the token beside them is genuine. */
const MESSAGES = {
  'no JSON': ({ pick }) =>
    pick([
      '',
      '{',
      '}',
      '[',
      'null',
      'nul',
      '7',
      '"x"',
      'true',
      '{"a":1,}',
      "{'a':1}",
      '\ufeff{}',
      '{"jsonrpc":"2.0"',
      '\u0000',
      'jsonrpc=2.0',
      '<xml/>',
      'undefined',
    ]),
  'no JSON-RPC': ({ pick }) =>
    JSON.stringify(
      pick([
        {},
        { hello: 'world' },
        { jsonrpc: '1.0', id: 1, method: 'tools/call' },
        { jsonrpc: 2, id: 1, method: 'tools/list' },
        { id: 1, method: 'tools/call', params: { name: 'whoami' } },
        { jsonrpc: '2.0', id: 1 },
        { jsonrpc: '2.0', id: 1, result: {} },
        { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } },
      ]),
    ),
  'wrong types': ({ pick }) =>
    JSON.stringify(
      pick([
        call(7),
        call(null),
        call({ $ne: null }),
        call(['whoami']),
        call(true),
        call('find_order', []),
        call('find_order', 'x'),
        call('find_order', null),
        call('find_order', 7),
        { ...call('whoami'), params: 'x' },
        { ...call('whoami'), params: [] },
        { ...call('whoami'), params: null },
        { ...call('whoami'), method: ['tools/call'] },
        { ...call('whoami'), method: 7 },
        { ...call('whoami'), id: {} },
        { ...call('whoami'), id: null },
        { ...call('whoami'), id: [1] },
      ]),
    ),
  'no such thing': ({ pick }) =>
    JSON.stringify(
      pick([
        call('__proto__'),
        call('constructor'),
        call('toString'),
        call(''),
        call('WHOAMI'),
        call('whoami '),
        call('whoami\u0000'),
        call('x'.repeat(10_000)),
        { jsonrpc: '2.0', id: 1, method: 'no/such' },
        { jsonrpc: '2.0', id: 1, method: '__proto__' },
        { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'file:///etc/passwd' } },
        { jsonrpc: '2.0', method: 'notifications/x' },
      ]),
    ),
  'input that does not fit': ({ pick }) =>
    JSON.stringify(
      pick([
        call('find_order', {}),
        call('find_order', { orderId: 7 }),
        call('find_order', { orderId: ['x'] }),
        call('find_order', { orderId: { $gt: '' } }),
        call('find_order', { orderId: 'x', sub: 'mallory' }),
        call('find_order', { orderId: 'x', actor: { sub: 'mallory' } }),
        call('whoami', { sub: 'mallory' }),
        call('whoami', { on_behalf_of: 'mallory' }),
      ]),
    ),
  'a prototype': ({ pick }) =>
    pick([
      callText('{"orderId":"x","__proto__":{"sub":"mallory"}}'),
      callText('{"__proto__":{"orderId":"x"}}'),
      callText('{"orderId":"x","constructor":{"prototype":{"sub":"mallory"}}}'),
      '{"__proto__":{"jsonrpc":"2.0"}}',
      `[${callText('{"__proto__":{}}')}]`,
    ]),
  'deep nesting': ({ pick }) =>
    callText(nested(pick([65, 100, 1000, 5000, 20_000]), ...pick([[], ['[', ']'], ['{"__proto__":', '}']]))),
  'deep nesting outside': ({ pick }) =>
    pick([nested(5000), nested(50_000, '[', ']'), '['.repeat(50_000), '{"a":'.repeat(20_000)]),
  'a batch of what is refused': ({ pick }) => JSON.stringify(many(pick([1, 2, 20]), call('refund', {}))),
  'a batch of no messages': ({ pick }) =>
    JSON.stringify(pick([[], [[]], [null], [1, 2], many(50, { hello: 1 }), [call('refund', {}), null]])),
  'a huge batch': ({ pick }) => JSON.stringify(many(pick([100, 500]), { jsonrpc: '2.0', method: 'no/such' })),
  'a body over the limit': ({ pick }) => callText(`{"orderId":"${'x'.repeat(pick([1_100_000, 1_500_000]))}"}`),
  'a tool without the right': () => JSON.stringify(call('refund', {})),
  'many members': ({ pick }) =>
    callText(
      JSON.stringify(Object.fromEntries(Array.from({ length: pick([100, 2000, 8000]) }, (_, i) => [`m${i}`, i]))),
    ),
};

const HEADERS = [
  ['Mcp-Session-Id', 'mallory'],
  ['Mcp-Protocol-Version', '1999-01-01'],
  ['Mcp-Method', 'tools/list'],
  ['Mcp-Name', 'whoami'],
  ['Last-Event-Id', '1'],
  ['Accept', 'text/html'],
  ['Content-Type', 'text/plain'],
  ['Content-Encoding', 'gzip'],
  ['Content-Type', 'application/json; charset=utf-7'],
];

/** A hostile message with a genuine token, or now and then the same without one. */
export function hostileMessage({ genuine }, random) {
  const name = random.pick(Object.keys(MESSAGES));
  const body = MESSAGES[name](random);
  const token = random.pick(genuine);
  const more = random.chance(0.2) ? [random.pick(HEADERS)] : [];
  if (random.chance(0.1))
    return [`${name}, without a token`, { method: 'POST', path: '/mcp', headers: [...mcpHeaders('x'), ...more], body }];
  return [name, { method: 'POST', path: '/mcp', headers: [...mcpHeaders(token), ...more], body, authenticated: true }];
}
