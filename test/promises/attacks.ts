import { API_PATH } from './api.js';
import { type Attack, type Running, type Stage } from './application.js';
import { bearer, callByHand, refused, unmoved } from './parts.js';

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

/** The attacks on all five promises that each application with accounts must stand. */
export function accountAttacks(running: Running, stage: Stage): Attack[] {
  return [
    ...tokenAttacks(running, stage),
    ...identityAttacks(running, stage),
    ...gapAttacks(running, stage),
    ...rightAttacks(running, stage),
    ...recordAttacks(running, stage),
  ];
}

function tokenAttacks({ send }: Running, { world, tokens }: Stage): Attack[] {
  const shown = (name: string, path: string): Attack => ({
    promise: 1,
    name,
    async run() {
      const { text } = await send(path, bearer(world.userToken()));
      return tokens().some(token => text.includes(token)) ? text.slice(0, 200) : undefined;
    },
  });
  return [
    shown('a handler reads the token of its caller on the request', '/accounts/request'),
    shown('an API that answers with what it was sent gives a handler the token of the call', '/accounts/echo'),
  ];
}

function identityAttacks({ send }: Running, { world }: Stage): Attack[] {
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

function gapAttacks({ send }: Running, { world }: Stage): Attack[] {
  return [
    refused(3, 'a user without the scope reads the balance', () =>
      send('/accounts/balance', bearer(world.userToken())),
    ),
    unmoved(
      3,
      'a user without the scope calls the tool',
      () => callByHand(send, world.userToken(), 'balance'),
      'error',
      'balance of',
    ),
  ];
}

function rightAttacks({ send }: Running, { world, api, tokens }: Stage): Attack[] {
  const calls = async (path: string, token: string) => {
    const before = api.requests.length;
    const { status, text } = await send(path, bearer(token));
    return { status, text, sent: api.requests.slice(before) };
  };
  const nothingSent = (name: string, path: string): Attack => ({
    promise: 4,
    name,
    async run() {
      const { status, text, sent } = await calls(path, world.userToken({ scope: 'orders:read billing:read' }));
      return status >= 400 && !sent.length ? undefined : `${status}: ${text.slice(0, 100)}, ${sent.length} sent`;
    },
  });
  return [
    {
      promise: 4,
      name: 'an API gets more than the user, the token and the target allow',
      async run() {
        const token = world.userToken({ scope: 'orders:read billing:read' });
        const { sent, status } = await calls('/accounts/orders', token);
        if (!sent.length) return `nothing was sent: ${status}`;
        return sent.map(({ url, headers }) => {
          const given = (headers.authorization ?? '').replace('Bearer ', '');
          if (!url.startsWith(`${API_PATH}/`)) return `sent to ${url}`;
          if (given === token || !tokens().includes(given)) return 'it got another token than a new one';
          const scopes = [given, String(headers['txn-token'])].map(scopeOf);
          return scopes.every(scope => scope === 'orders:read') ? undefined : scopes.join();
        })[0];
      },
    },
    nothingSent('a handler calls an API that it has not declared', '/accounts/undeclared'),
    nothingSent('a handler climbs out of the path of its API', '/accounts/climb'),
  ];
}

function recordAttacks({ send }: Running, { world, auditLog, api }: Stage): Attack[] {
  const whileDown = async <T>(act: () => Promise<T>): Promise<T> => {
    auditLog.broken = true;
    try {
      return await act();
    } finally {
      auditLog.broken = false;
    }
  };
  return [
    {
      promise: 5,
      name: 'a refusal leaves no record',
      async run() {
        const before = auditLog.events.length;
        await send('/accounts/balance', bearer(world.userToken()));
        const [record] = auditLog.events.slice(before);
        return record?.reason === 'insufficient_scope' && record.actor_sub === 'alice'
          ? undefined
          : `record: ${record?.type}`;
      },
    },
    {
      promise: 5,
      name: 'a call of an API leaves no record',
      async run() {
        const before = auditLog.events.length;
        await send('/accounts/orders', bearer(world.userToken()));
        const types = auditLog.events.slice(before).map(({ type, actor_sub }) => `${type} ${actor_sub}`);
        const wanted = ['execution.intent', 'delegation.intent', 'delegation.outcome'].map(type => `${type} alice`);
        return wanted.every((one, i) => types[i] === one) ? undefined : types.join();
      },
    },
    {
      promise: 5,
      name: 'a call runs while the audit log is down',
      async run() {
        const before = api.requests.length;
        const { status, text } = await whileDown(() => send('/accounts/orders', bearer(world.userToken())));
        return status === 503 && api.requests.length === before ? undefined : `${status}: ${text.slice(0, 100)}`;
      },
    },
    {
      promise: 5,
      name: 'a tool runs while the audit log is down',
      async run() {
        const { status, text } = await whileDown(() => callByHand(send, world.userToken(), 'whoami'));
        return text.includes('alice') ? `${status}: ${text.slice(0, 100)}` : undefined;
      },
    },
  ];
}

function scopeOf(token: string): string | undefined {
  const [, payload = ''] = token.split('.');
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scope?: string }).scope;
}
