import { type PartName } from '../shop/settings.js';
import { type Person } from './people.js';
import { type CallResult, type Hop } from './result.js';

type Seen = { api: PartName; sub: string; act: string[]; scope: string; txn_verified: boolean } | null;

/** A call of the demo, with everything that is expected of it. */
export interface PlannedCall {
  by: Person;
  tool: string;
  args?: Record<string, unknown>;
  expected: Omit<CallResult, 'tool' | 'trace_id' | 'downstream'>;
  seen: Seen;
  /** Part of what the agent is told. */
  says: string;
  /** For a call that goes on to the second MCP server: who acts at each of the two. */
  hops?: Hop[];
  /** For a call that shows a refusal: its name, and what the audit log must say. */
  refusal?: { case: string; title: string; reason: string };
}

const ALICE = {
  actor_sub: 'alice',
  actor_type: 'user',
  tenant: 'acme',
  agent_id: 'agent-assistant',
  client_id: 'assistant',
} as const;
const BOB = {
  actor_sub: 'bob',
  actor_type: 'user',
  tenant: 'globex',
  agent_id: 'agent-desk-copilot',
  client_id: 'desk-copilot',
} as const;
const MACHINE = {
  actor_sub: 'night-batch',
  actor_type: 'service',
  tenant: 'acme',
  agent_id: 'night-batch',
  client_id: 'night-batch',
} as const;

const ORDERS = { delegation_mode: 'on_behalf_of', target: 'orders_api' } as const;
const BILLING = { delegation_mode: 'service_identity', target: 'billing_api' } as const;
const INVOICES = { delegation_mode: 'restricted_user', target: 'invoices_api' } as const;
const DELIVERY = { delegation_mode: 'on_behalf_of', target: 'delivery_server' } as const;
const NO_TARGET = { delegation_mode: null, target: null } as const;

const ok = { http: 200, outcome: 'ok' } as const;

/** Alice's token names her agent, so the agent is in the chain. Bob's does not: only Txn-Token and audit log name his. */
const BY_ALICE: Seen = {
  api: 'orders-api',
  sub: 'alice',
  act: ['shop-mcp', 'agent-assistant'],
  scope: 'orders:read orders:write',
  txn_verified: true,
};
const BY_BOB: Seen = { api: 'orders-api', sub: 'bob', act: ['shop-mcp'], scope: 'orders:read', txn_verified: true };
const BY_SERVICE: Seen = { api: 'billing-api', sub: 'shop-mcp', act: [], scope: 'billing:read', txn_verified: true };

const AT_DELIVERY = { api: 'delivery-server', scope: 'deliveries:read', txn_verified: false } as const;
const TRACKING = { part: 'mcp-server', tool: 'track_delivery' } as const;
const ESTIMATING = { part: 'delivery-server', tool: 'get_delivery_estimate', agent_id: 'shop-mcp' } as const;

export const PLANNED_CALLS: PlannedCall[] = [
  { by: 'alice', tool: 'whoami', expected: { ...ALICE, ...NO_TARGET, ...ok }, says: 'agent-assistant', seen: null },
  { by: 'bob', tool: 'whoami', expected: { ...BOB, ...NO_TARGET, ...ok }, says: 'agent-desk-copilot', seen: null },
  {
    by: 'alice',
    tool: 'get_order_status',
    args: { order_id: 'A-1001' },
    expected: { ...ALICE, ...ORDERS, ...ok },
    says: 'shipped',
    seen: BY_ALICE,
  },
  {
    by: 'alice',
    tool: 'cancel_order',
    args: { order_id: 'A-1002' },
    expected: { ...ALICE, ...ORDERS, ...ok },
    says: 'cancelled_by',
    seen: BY_ALICE,
  },
  { by: 'alice', tool: 'get_balance', expected: { ...ALICE, ...BILLING, ...ok }, says: '120', seen: BY_SERVICE },
  {
    by: 'alice',
    tool: 'download_invoice',
    args: { invoice_id: 'R-1' },
    expected: { ...ALICE, ...INVOICES, ...ok },
    says: 'Invoice R-1',
    seen: { api: 'invoices-api', sub: 'alice', act: ['agent-assistant'], scope: 'invoices:read', txn_verified: false },
  },
  {
    by: 'alice',
    tool: 'track_delivery',
    args: { order_id: 'A-1001' },
    expected: { ...ALICE, ...DELIVERY, ...ok },
    says: 'tomorrow',
    seen: { ...AT_DELIVERY, sub: 'alice', act: ['shop-mcp', 'agent-assistant'] },
    hops: [
      { ...TRACKING, actor_sub: 'alice', agent_id: 'agent-assistant', chain: ['agent-assistant'] },
      { ...ESTIMATING, actor_sub: 'alice', chain: ['shop-mcp', 'agent-assistant'] },
    ],
  },
  {
    by: 'bob',
    tool: 'get_order_status',
    args: { order_id: 'G-2001' },
    expected: { ...BOB, ...ORDERS, ...ok },
    says: 'office chair',
    seen: BY_BOB,
  },
  {
    by: 'bob',
    tool: 'get_order_status',
    args: { order_id: 'A-1001' },
    expected: { ...BOB, ...ORDERS, http: 200, outcome: 'failed' },
    says: 'You have no order A-1001',
    seen: BY_BOB,
  },
  { by: 'bob', tool: 'get_balance', expected: { ...BOB, ...BILLING, ...ok }, says: '80', seen: BY_SERVICE },
  {
    by: 'bob',
    tool: 'download_invoice',
    args: { invoice_id: 'R-2' },
    expected: { ...BOB, ...INVOICES, ...ok },
    says: 'Invoice R-2',
    seen: { api: 'invoices-api', sub: 'bob', act: [], scope: 'invoices:read', txn_verified: false },
  },
  {
    by: 'bob',
    tool: 'track_delivery',
    args: { order_id: 'G-2001' },
    expected: { ...BOB, ...DELIVERY, ...ok },
    says: 'two days',
    seen: { ...AT_DELIVERY, sub: 'bob', act: ['shop-mcp'] },
    hops: [
      { ...TRACKING, actor_sub: 'bob', agent_id: 'agent-desk-copilot', chain: [] },
      { ...ESTIMATING, actor_sub: 'bob', chain: ['shop-mcp'] },
    ],
  },
  {
    by: 'bob',
    tool: 'track_delivery',
    args: { order_id: 'A-1001' },
    expected: { ...BOB, ...DELIVERY, http: 200, outcome: 'failed' },
    says: 'You have no delivery of order A-1001',
    seen: { ...AT_DELIVERY, sub: 'bob', act: ['shop-mcp'] },
  },
  {
    by: 'night-batch',
    tool: 'get_balance',
    expected: { ...MACHINE, ...BILLING, ...ok },
    says: '175',
    seen: BY_SERVICE,
  },
  {
    by: 'bob',
    tool: 'cancel_order',
    args: { order_id: 'G-2001' },
    expected: { ...BOB, ...NO_TARGET, http: 403, outcome: 'refused' },
    says: '',
    seen: null,
    refusal: {
      case: 'missing_scope',
      title: 'the user did not grant the scope of the tool',
      reason: 'insufficient_scope',
    },
  },
  {
    by: 'alice',
    tool: 'get_order_status',
    args: { order_id: 'G-2001', user_id: 'bob' },
    expected: { ...ALICE, ...NO_TARGET, http: 200, outcome: 'refused' },
    says: 'user_id',
    seen: null,
    refusal: { case: 'user_id_from_model', title: 'the model says which user it is', reason: 'input_invalid' },
  },
  {
    by: 'night-batch',
    tool: 'get_order_status',
    args: { order_id: 'A-1001' },
    expected: { ...MACHINE, ...ORDERS, http: 200, outcome: 'refused' },
    says: 'acts for a user',
    seen: null,
    refusal: {
      case: 'service_without_user',
      title: 'a service calls on behalf of nobody',
      reason: 'delegation_requires_user',
    },
  },
];
