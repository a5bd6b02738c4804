import { type McpServer, SdkError, SdkErrorCode } from '@modelcontextprotocol/server';
import { type MessageExchange } from './mcp-request.js';

/**
 * Takes the result of the one request that a server is for, before the SDK makes a web response of it: making one, and reading it again, takes as long as
 * the guard. What is told before the result, and an error, go the way of the SDK, which knows their status. A contract test pins what the SDK does when its
 * transport has closed.
 *
 * The server is closed when nobody waits for its answer any more. After its answer it has nothing to close: who waits for its end is told, and it
 * sends nothing more. Closing makes two errors that nobody reads, and aborts the signal of a call that has been answered. It is closed all the same
 * where code of the application has had it, and may listen or send.
 *
 * The functions have names before they are assigned: V8 allocates one that is written into a property among the old objects, where it keeps all that it
 * refers to until a full collection of garbage.
 *
 * @param exchange sends the result as JSON with status 200
 * @param isShared whether code of the application has had the server
 */
export function answerDirectly(server: McpServer, exchange: MessageExchange, isShared: boolean): McpServer {
  const connect = server.connect.bind(server);
  const connectDirectly: McpServer['connect'] = async transport => {
    // While its call was decided: nothing of it begins.
    if (exchange.isGone) throw new SdkError(SdkErrorCode.ConnectionClosed, 'The client has gone away.');
    const send = transport.send.bind(transport);
    let isSdks = false;
    let isAnswered = false;
    const sendDirectly: typeof send = async (message, options) => {
      if (isAnswered) throw new SdkError(SdkErrorCode.NotConnected, 'The request has its answer.');
      if (isSdks || !('result' in message)) {
        isSdks = true;
        return send(message, options);
      }
      isAnswered = true;
      exchange.answer(message);
      queueMicrotask(() => (isShared ? close(transport) : server.server.onclose?.()));
    };
    transport.send = sendDirectly;
    await connect(transport);
    exchange.whenGone(() => close(server));
  };
  server.connect = connectDirectly;
  return server;
}

const close = (one: { close(): Promise<void> }): void => void one.close().catch(() => undefined);
