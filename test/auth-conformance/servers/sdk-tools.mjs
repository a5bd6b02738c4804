import { randomUUID } from 'node:crypto';
import {
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  McpServer,
  requireScopes,
} from '@modelcontextprotocol/server';

const text = value => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
const one = name => fromJsonSchema({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] });
const none = fromJsonSchema({ type: 'object', properties: {} });
const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };

/**
 * The same tools on the official SDK alone, each in the way that its types and comments lead to: what it has of the caller is
 * `authInfo`, with a `clientId` and the token and without a user.
 */
export function sdkTools(canary) {
  const baskets = new Set();
  const clientOf = ({ http }) => http?.authInfo?.clientId ?? '';
  const codec = createRequestStateCodec({
    key: randomUUID(),
    bind: context => `${context.mcpReq.method}\0${clientOf(context)}`,
  });

  const ask = async ({ account }, context) => {
    const asked = context.mcpReq.requestState();
    if (asked && context.mcpReq.inputResponses?.sure) return text({ closed: asked.account });
    return inputRequired({
      inputRequests: { sure: inputRequired.elicit({ message: 'Are you sure?', requestedSchema }) },
      requestState: await codec.mint({ account }, context),
    });
  };

  /** One server for each request, or for each session. */
  return () => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' }, { requestState: { verify: codec.verify } });
    server.registerTool('whoami', { inputSchema: none }, (_input, context) =>
      text({ sub: context.http?.authInfo?.extra?.sub, client: clientOf(context) }),
    );
    server.registerTool(
      'cancel_order',
      { inputSchema: one('order_id'), scopeChallenge: requireScopes('orders:write') },
      ({ order_id: order }) => text({ cancelled: order }),
    );
    server.registerTool('get_order_status', { inputSchema: one('order_id') }, async ({ order_id: order }, { http }) => {
      const headers = {
        authorization: http?.authInfo
          ? `Bearer ${http.authInfo.token}`
          : (http?.req?.headers.get('authorization') ?? ''),
      };
      return text(await (await fetch(`${canary.url}/orders/${order}`, { headers })).json());
    });
    server.registerTool('close_account', { inputSchema: one('account') }, ask);
    server.registerTool('close_company', { inputSchema: one('account') }, ask);
    server.registerTool('open_basket', { inputSchema: none }, (_input, context) => {
      const basket = randomUUID();
      baskets.add(`${clientOf(context)} ${basket}`);
      return text({ basket });
    });
    server.registerTool('read_basket', { inputSchema: one('basket') }, ({ basket }, context) => {
      if (!baskets.has(`${clientOf(context)} ${basket}`)) throw new Error('There is no such basket.');
      return text({ items: 0 });
    });
    return server;
  };
}
