import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { serve, type Started } from '../load/serve.js';
import { AUDIENCES } from './targets.js';
import { CLIENT } from './server-parts.js';
import { type TargetIssuer, targetIssuer } from './target-issuer.js';

export interface FarSideAbout {
  readonly serves: 'api' | 'tokens';
}

const ORDER = JSON.stringify({ id: 'A-100', status: 'shipped', lines: [{ sku: 'pen', count: 2 }], total: 1299 });

/** It reads no credential: what a receiver costs is another group. */
const api: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ORDER) });
  response.end(ORDER);
};

/** RFC 6749 §4.4 and RFC 8693, as far as the library asks for it. It authenticates nobody. */
async function tokens(issuer: TargetIssuer, request: IncomingMessage): Promise<object> {
  const form = new URLSearchParams(await text(request));
  const resource = form.get('resource') ?? '';
  const lifetime = resource === AUDIENCES.shortLived ? 10 : 3600;
  const wanted = { resource, scope: form.get('scope') ?? '', lifetime };
  const subjectToken = form.get('subject_token');
  const actor = resource === AUDIENCES.impersonation ? undefined : CLIENT;
  return {
    access_token: subjectToken === null ? issuer.own(wanted) : issuer.exchanged(subjectToken, wanted, actor),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: lifetime,
    scope: wanted.scope,
  };
}

function tokenEndpoint(): RequestListener {
  const issuer = targetIssuer();
  return (request, response) => {
    void tokens(issuer, request).then(answer => {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(answer));
    });
  };
}

serve<FarSideAbout>(async ({ serves }): Promise<Started> => {
  const server = createServer(serves === 'api' ? api : tokenEndpoint());
  // Longer than a contender waits for its turn.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
});
