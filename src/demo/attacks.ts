import { AGENT_IN_REGISTRY, AGENT_IN_TOKEN } from '../shop/registrations.js';
import { userToken } from '../shop/access-token.js';
import { origin, resource } from '../shop/settings.js';
import { Agent, type Answer, newTrace } from './agent.js';
import { type MadeCall } from './calls.js';
import { type ObservedShop } from './observed-shop.js';
import { type People } from './people.js';

/** What somebody tries who should not succeed, and what the audit log must say of it. */
export interface Attack {
  case: string;
  title: string;
  /** Whose audit log holds the refusal. */
  at: 'mcp-server' | 'delivery-server' | 'orders-api';
  http: number | null;
  reason: string;
  attempt: () => Promise<{ http: number | null; traceId: string }>;
}

const HOUR = 3600;

/** Attacks with tokens, and with what only a program inside the MCP server or on the way to an API could hold. */
export function attacks(shop: ObservedShop, { tokens, agents }: People, calls: MadeCall[]): Attack[] {
  const { settings } = shop;
  const [mcp, delivery, orders] = [
    resource(settings, 'mcp-server'),
    resource(settings, 'delivery-server'),
    resource(settings, 'orders-api'),
  ];
  const issuer = origin(settings, 'authorization-server');
  const scope = 'orders:read';

  const present = (token: string | undefined, to = mcp): Promise<Answer> =>
    new Agent(to, token, '2025-11-25').connect();
  const captured = (by: string, tool: string) => {
    const call = calls.find(
      ({ planned, answer }) => planned.by === by && planned.tool === tool && shop.requestOf(answer.traceId),
    );
    return shop.requestOf(call?.answer.traceId ?? '')?.captured;
  };
  const callOrders = async (accessToken: string | undefined, txnToken: string | undefined) => {
    const trace = newTrace();
    const headers = {
      authorization: `Bearer ${accessToken}`,
      'txn-token': String(txnToken),
      traceparent: trace.header,
    };
    const response = await fetch(`${origin(settings, 'orders-api')}/orders/A-1001`, { headers });
    await response.body?.cancel();
    return { http: response.status, traceId: trace.id };
  };
  const unsigned = (signature: string): string => {
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    return [header, tokens.alice.split('.')[1], signature].join('.');
  };

  return [
    {
      case: 'no_token',
      title: 'no token',
      at: 'mcp-server',
      http: 401,
      reason: 'credentials_missing',
      attempt: () => present(undefined),
    },
    {
      case: 'expired_token',
      title: 'a token that was good an hour ago',
      at: 'mcp-server',
      http: 401,
      reason: 'token_expired',
      async attempt() {
        const issuedAt = Math.floor(Date.now() / 1000) - HOUR;
        return present(
          await shop.order('authorization-server', {
            kind: 'mint',
            request: { sub: 'alice', clientId: AGENT_IN_TOKEN, resource: mcp, scope, issuedAt },
          }),
        );
      },
    },
    {
      case: 'token_for_another_audience',
      title: "alice's genuine token for the orders API",
      at: 'mcp-server',
      http: 401,
      reason: 'audience_refused',
      attempt: async () => present(await userToken('alice', AGENT_IN_TOKEN, { issuer, resource: orders, scope })),
    },
    {
      case: 'alg_none',
      title: "alice's claims, alg: none, no signature",
      at: 'mcp-server',
      http: 401,
      reason: 'algorithm_refused',
      attempt: () => present(unsigned('')),
    },
    {
      case: 'alg_none_with_signature',
      title: "alice's claims, alg: none, her old signature",
      at: 'mcp-server',
      http: 401,
      reason: 'algorithm_refused',
      attempt: () => present(unsigned(tokens.alice.split('.')[2]!)),
    },
    {
      case: 'inbound_token_passed_on',
      title: "alice's token for the MCP server, at the delivery server",
      at: 'delivery-server',
      http: 401,
      reason: 'audience_refused',
      attempt: () => present(tokens.alice, delivery),
    },
    {
      case: 'exchanged_token_sent_back',
      title: "alice's token for the delivery server, at the MCP server",
      at: 'mcp-server',
      http: 401,
      reason: 'audience_refused',
      attempt: () => present(captured('alice', 'track_delivery')?.accessToken),
    },
    {
      case: 'agent_named_by_nobody',
      title: 'bob at the delivery server, through an agent that no token names',
      at: 'delivery-server',
      http: 403,
      reason: 'agent_unregistered',
      attempt: async () =>
        present(
          await userToken('bob', AGENT_IN_REGISTRY, { issuer, resource: delivery, scope: 'deliveries:read' }),
          delivery,
        ),
    },
    {
      case: 'hand_made_envelope',
      title: 'a tool makes itself an identity',
      at: 'mcp-server',
      http: null,
      reason: 'identity_forged',
      attempt: async () => ({ ...(await agents.alice.call('probe_hand_made_identity')), http: null }),
    },
    {
      case: 'txn_token_replayed',
      title: "the billing API's Txn-Token, at the orders API",
      at: 'orders-api',
      http: 401,
      reason: 'service_not_named',
      attempt: () =>
        callOrders(captured('alice', 'get_order_status')?.accessToken, captured('alice', 'get_balance')?.txnToken),
    },
    {
      case: 'txn_token_mismatch',
      title: "bob's access token, alice's Txn-Token",
      at: 'orders-api',
      http: 401,
      reason: 'credential_mismatch',
      attempt: () =>
        callOrders(captured('bob', 'get_order_status')?.accessToken, captured('alice', 'get_order_status')?.txnToken),
    },
  ];
}
