import { type PolicyQuestion } from 'execution-identity';

type Rule = (scopes: ReadonlySet<string>, roles: ReadonlySet<string>, question: PolicyQuestion) => boolean;

/** The same policy once more, as the decision point has it. It shares no code with the library. */
export const RULES: Readonly<Record<string, Rule>> = {
  whoami: () => true,
  get_order_status: scopes => scopes.has('orders:read') || scopes.has('orders:write'),
  cancel_order: scopes => scopes.has('orders:write'),
  list_invoices: scopes => scopes.has('billing:read') || scopes.has('invoices:read'),
  refund: (scopes, roles) => scopes.has('orders:write') && (roles.has('support') || roles.has('manager')),
  export_ledger: (scopes, roles) =>
    roles.has('auditor') && scopes.has('billing:read') && (scopes.has('ledger:read') || scopes.has('ledger:admin')),
  close_month: (scopes, roles) =>
    roles.has('manager') && scopes.has('billing:read') && (scopes.has('ledger:write') || scopes.has('ledger:admin')),
  night_close: (scopes, _roles, { subject }) => subject.type === 'service' && scopes.has('ledger:write'),
  refund_by_copilot: (scopes, _roles, { context: { agent } }) =>
    agent.id === 'desk-copilot' && agent.registered && (scopes.has('orders:write') || scopes.has('ledger:admin')),
  partner_report: (_scopes, _roles, { context: { agent } }) =>
    agent.id === 'assistant' && agent.issuer === 'https://login.partner.example',
  change_payee: (scopes, _roles, { subject, context: { acr = '' } }) =>
    subject.type === 'user' &&
    ['gold', 'platinum'].includes(acr) &&
    (scopes.has('orders:read') || scopes.has('orders:write') || scopes.has('billing:read')),
  search: scopes =>
    (scopes.has('orders:read') || scopes.has('orders:write') || scopes.has('billing:read')) &&
    (scopes.has('invoices:read') || scopes.has('ledger:read') || scopes.has('ledger:admin')),
};

export const decidedBy =
  (rules: Readonly<Record<string, Rule>>) =>
  (question: PolicyQuestion): boolean => {
    const { subject, action, context } = question;
    return rules[action.name]?.(new Set(context.scopes), new Set(subject.properties.roles), question) ?? false;
  };
