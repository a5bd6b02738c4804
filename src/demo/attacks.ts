import { AGENT_IN_TOKEN } from '../shop/registrations.js';
import { userToken } from '../shop/access-token.js';
import { origin, resource } from '../shop/settings.js';
import { Agent, type Answer, newTrace } from './agent.js';
import { type MadeCall } from './calls.js';
import { type ObservedShop } from './observed-shop.js';
import { type People } from './people.js';

/** What somebody tries who should not succeed, and what the trail must say of it. */
export interface Attack {
  case: string;
  title: string;
  /** Whose trail holds the refusal. */
  at: 'mcp-server' | 'orders-api';
  http: number | null;
  reason: string;
  attempt: () => Promise<{ http: number | null; traceId: string }>;
}

const HOUR = 3600;

/** Attacks with tokens, and with what only a program inside the MCP server or on the way to an API could hold. */
export function attacks(shop: ObservedShop, { tokens, agents }: People, calls: MadeCall[]): Attack[] {
  const { settings } = shop;
  const [mcp, orders] = [resource(settings, 'mcp-server'), resource(settings, 'orders-api')];
  const scope = 'orders:read';

  const present = (token: string | undefined): Promise<Answer> => new Agent(mcp, token, '2025-11-25').connect();
  const captured = (by: string, tool: string) => {
    const call = calls.find(({ planned, answer }) => planned.by === by && planned.tool === tool && shop.requestOf(answer.traceId));
    return shop.requestOf(call?.answer.traceId ?? '')?.captured;
  };
  const callOrders = async (accessToken: string | undefined, txnToken: string | undefined) => {
    const trace = newTrace();
    const headers = { authorization: `Bearer ${accessToken}`, 'txn-token': String(txnToken), traceparent: trace.header };
    const response = await fetch(`${origin(settings, 'orders-api')}/orders/A-1001`, { headers });
    await response.body?.cancel();
    return { http: response.status, traceId: trace.id };
  };
  const unsigned = (signature: string): string => {
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    return [header, tokens.alice.split('.')[1], signature].join('.');
  };

  return [
    { case: 'no_token', title: 'no token', at: 'mcp-server', http: 401, reason: 'credentials_missing', attempt: () => present(undefined) },
    {
      case: 'expired_token', title: 'a token that was good an hour ago', at: 'mcp-server', http: 401, reason: 'token_expired',
      async attempt() {
        const issuedAt = Math.floor(Date.now() / 1000) - HOUR;
        return present(await shop.order('authorization-server', { kind: 'mint', request: { sub: 'alice', clientId: AGENT_IN_TOKEN, resource: mcp, scope, issuedAt } }));
      },
    },
    {
      case: 'token_for_another_audience', title: "alice's genuine token for the orders API", at: 'mcp-server', http: 401, reason: 'audience_refused',
      attempt: async () => present(await userToken('alice', AGENT_IN_TOKEN, { issuer: origin(settings, 'authorization-server'), resource: orders, scope })),
    },
    { case: 'alg_none', title: "alice's claims, alg: none, no signature", at: 'mcp-server', http: 401, reason: 'algorithm_refused', attempt: () => present(unsigned('')) },
    {
      case: 'alg_none_with_signature', title: "alice's claims, alg: none, her old signature", at: 'mcp-server', http: 401, reason: 'algorithm_refused',
      attempt: () => present(unsigned(tokens.alice.split('.')[2]!)),
    },
    {
      case: 'hand_made_envelope', title: 'a tool makes itself an identity', at: 'mcp-server', http: null, reason: 'identity_forged',
      attempt: async () => ({ ...(await agents.alice.call('probe_hand_made_identity')), http: null }),
    },
    {
      case: 'txn_token_replayed', title: "the billing API's Txn-Token, at the orders API", at: 'orders-api', http: 401, reason: 'service_not_named',
      attempt: () => callOrders(captured('alice', 'get_order_status')?.accessToken, captured('alice', 'get_balance')?.txnToken),
    },
    {
      case: 'txn_token_mismatch', title: "bob's access token, alice's Txn-Token", at: 'orders-api', http: 401, reason: 'credential_mismatch',
      attempt: () => callOrders(captured('bob', 'get_order_status')?.accessToken, captured('alice', 'get_order_status')?.txnToken),
    },
  ];
}
