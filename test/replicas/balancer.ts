import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';

/** Stands where the application is, and sends each request to the next of these ports. */
export async function startBalancer(port: number, ports: readonly number[]): Promise<{ close(): void }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  let turn = 0;
  const server = createServer((request, response) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port: ports[turn++ % ports.length]!,
        method: request.method,
        path: request.url,
        headers: request.headers,
        agent,
      },
      answer => {
        response.writeHead(answer.statusCode!, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    sent.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.once('close', () => response.writableFinished || sent.destroy());
    request.pipe(sent);
  });
  server.keepAliveTimeout = 120_000;
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
