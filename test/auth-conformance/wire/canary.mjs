import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer } from 'node:http';

const MOST_REQUESTS = 1000;

/** A service on loopback that keeps every request it gets, in full, and gives all of them one answer. */
export async function startCanary({ port = 0, answer = {} } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (requests.length < MOST_REQUESTS) requests.push([request.method, request.url, ...request.rawHeaders, body]);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whether a request holds the token, or only its signature: as it is, or as base64 of something that does. */
export function carries(request, token) {
  const signature = token.split('.')[2];
  const needles = [token, ...(signature?.length >= 20 ? [signature] : [])];
  const texts = request.flatMap(text => [
    text,
    ...text.split(/[\s,=]+/).map(word => Buffer.from(word, 'base64').toString('latin1')),
  ]);
  return needles.some(needle => texts.some(text => text.includes(needle)));
}
