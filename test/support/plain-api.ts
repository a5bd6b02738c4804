import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface PlainApi {
  url: string;
  received: IncomingHttpHeaders[];
  close(): Promise<void>;
}

/** A loopback HTTP server that keeps the headers it receives. */
export async function startPlainApi(listener: RequestListener = (_request, response) => response.end('{}')): Promise<PlainApi> {
  const received: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    received.push(request.headers);
    listener(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
