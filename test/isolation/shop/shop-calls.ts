import { type CallKind } from '../call.js';

const order = (tool: string) => (order_id: string) => ({ tool, input: { order_id } });
const bare =
  (tool: string, progress = false) =>
  () => ({ tool, input: {}, progress });
const at = (folder: string) => (id: string) => ({ path: `/${folder}/${id}` });
/** Mostly found, some slow, some later than their callers wait, some not there. */
const LETTERS = [...'AAAAAAASLN'];

/** What is called of the shop: its own tools, and the tools and handlers of the account module. */
export const SHOP_CALLS: readonly CallKind[] = [
  { name: 'tools/list', weight: 2, ask: () => ({ list: 'tools' }) },
  {
    name: 'get_order_status',
    weight: 4,
    scope: 'orders:read',
    isOwn: true,
    letters: LETTERS,
    ask: order('get_order_status'),
  },
  { name: 'cancel_order', weight: 2, scope: 'orders:write', isOwn: true, ask: order('cancel_order') },
  { name: 'get_balance', weight: 2, scope: 'billing:read', isOwn: true, ask: bare('get_balance') },
  {
    name: 'download_invoice',
    weight: 2,
    scope: 'invoices:read',
    isOwn: true,
    letters: ['R'],
    ask: invoice_id => ({ tool: 'download_invoice', input: { invoice_id } }),
  },
  { name: 'track_delivery', scope: 'deliveries:read', isOwn: true, ask: order('track_delivery') },
  { name: 'account_caller', weight: 3, ask: bare('account_caller') },
  {
    name: 'account_order',
    weight: 3,
    scope: 'orders:read',
    isOwn: true,
    letters: LETTERS,
    ask: order('account_order'),
  },
  { name: 'account_statement', weight: 3, scope: 'billing:read', isOwn: true, ask: bare('account_statement') },
  { name: 'account_page', weight: 3, isOwn: true, ask: order('account_page') },
  { name: 'account_report', weight: 2, isOwn: true, ask: bare('account_report') },
  { name: 'account_progress', weight: 2, ask: bare('account_progress', true) },
  { name: 'GET account/caller', weight: 3, ask: () => ({ path: '/account/caller' }) },
  {
    name: 'GET account/orders',
    weight: 3,
    scope: 'orders:read',
    isOwn: true,
    letters: LETTERS,
    ask: at('account/orders'),
  },
  {
    name: 'GET account/statement',
    weight: 3,
    scope: 'billing:read',
    isOwn: true,
    ask: () => ({ path: '/account/statement' }),
  },
  { name: 'GET account/pages', weight: 3, isOwn: true, ask: at('account/pages') },
  { name: 'GET account/streams', weight: 3, isOwn: true, ask: at('account/streams') },
  { name: 'GET account/report', weight: 2, isOwn: true, ask: () => ({ path: '/account/report' }) },
  { name: 'GET baskets', weight: 3, isOwn: true, ask: at('baskets') },
];
