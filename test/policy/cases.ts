import { type DecidedIdentity, type HandlerPolicy, type Requirement, ScopeHierarchy } from 'execution-identity';

/** One call of one tool by one identity. */
export interface Case {
  readonly identity: DecidedIdentity;
  readonly tool: string;
  readonly traceId: string;
}

const all = (...scopes: string[]): Requirement => ({ kind: 'all_scopes', scopes });
const any = (...scopes: string[]): Requirement => ({ kind: 'any_scope', scopes });
const role = (...roles: string[]): Requirement => ({ kind: 'any_role', roles });

/** What the built-in decision is told of each tool. */
export const TOOLS: Readonly<Record<string, readonly Requirement[]>> = {
  whoami: [{ kind: 'authenticated' }],
  get_order_status: [all('orders:read')],
  cancel_order: [all('orders:write')],
  list_invoices: [any('billing:read', 'invoices:read')],
  refund: [all('orders:write'), role('support', 'manager')],
  export_ledger: [all('ledger:read', 'billing:read'), role('auditor')],
  close_month: [role('manager'), any('ledger:write', 'ledger:admin'), all('billing:read')],
  night_close: [{ kind: 'actor', type: 'service' }, all('ledger:write')],
  refund_by_copilot: [{ kind: 'any_agent', agents: ['desk-copilot'] }, any('orders:write', 'ledger:admin')],
  partner_report: [{ kind: 'any_agent', agents: [{ issuer: 'https://login.partner.example', id: 'assistant' }] }],
  change_payee: [{ kind: 'login', acr: ['gold', 'platinum'] }, any('orders:read', 'billing:read')],
  search: [any('orders:read', 'billing:read'), any('invoices:read', 'ledger:read')],
};
export const HIERARCHY = new ScopeHierarchy({ 'orders:write': ['orders:read'], 'ledger:admin': ['ledger:read'] });
export const requires = (requirements: readonly Requirement[]): HandlerPolicy => ({ kind: 'protected', requirements });

const ISSUERS = ['https://login.shop.example', 'https://login.partner.example'];
const USERS = ['alice', 'bob', 'carol', 'service "night"', 'zoë'];
const TENANTS = ['acme', 'globex', undefined];
const AGENTS = ['assistant', 'desk-copilot', 'night-batch'];
/** Some differ from one that counts in a letter, its case, or what follows. */
const SCOPES = [
  ...['orders:read', 'orders:write', 'billing:read', 'invoices:read', 'ledger:read', 'ledger:write', 'ledger:admin'],
  ...['Orders:read', 'orders:reads', 'orders', 'ledger:*', 'billing:read:own'],
];
const ROLES = ['support', 'manager', 'auditor', 'Manager', 'supporter', 'admin'];

/** The same cases for the same seed: mulberry32. */
export function cases(count: number, seed = 14): Case[] {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const one = <Of>(list: readonly Of[]): Of => list[Math.floor(random() * list.length)]!;
  const some = (list: readonly string[], part: number): string[] => list.filter(() => random() < part);
  const names = Object.keys(TOOLS);
  return Array.from({ length: count }, (_, i) => {
    const [issuer, tenant, id] = [one(ISSUERS), one(TENANTS), one(AGENTS)];
    const chain = random() < 0.5 ? [{ issuer, sub: id }] : [];
    return {
      tool: names[i % names.length]!,
      traceId: i.toString(16).padStart(32, '0'),
      identity: {
        actor: {
          type: random() < 0.2 ? 'service' : 'user',
          issuer,
          sub: one(USERS),
          ...(tenant !== undefined && { tenant }),
        },
        agent: {
          type: 'mcp_agent',
          issuer,
          id,
          client_id: `app-${id}`,
          source: chain.length ? 'act' : 'client',
          chain,
          ...(random() < 0.6 && { registered: true }),
        },
        authorization: {
          scopes: some(SCOPES, 0.45),
          ...(random() < 0.9 && { roles: some(ROLES, 0.35) }),
          confidence: 'verified',
          ...(random() < 0.3 && { acr: 'gold', authenticated_at: 1_700_000_000 + i }),
        },
      },
    };
  });
}
