import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { type StartPart } from '../shop/part.js';
import { origin, resource } from '../shop/settings.js';

const INVOICES: Record<string, string> = {
  'acme/alice/R-1': 'Invoice R-1, Alice, acme: standing desk, 120 EUR',
  'globex/bob/R-2': 'Invoice R-2, Bob, globex: office chair, 80 EUR',
};

class Refusal extends Error {
  constructor(readonly status: number) {
    super();
  }
}

/**
 * A legacy API: older than all that surrounds it, it knows a user's access token and nothing else. It reads neither
 * Txn-Tokens nor `act`.
 */
export const startInvoicesApi: StartPart = async settings => {
  const issuer = origin(settings, 'authorization-server');
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const expected = { issuer, audience: resource(settings, 'invoices-api'), typ: 'at+jwt', algorithms: ['ES256'] };

  async function user({ headers }: IncomingMessage): Promise<JWTPayload> {
    const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (!token) throw new Refusal(401);
    const { payload } = await jwtVerify(token, keys, expected).catch(() => {
      throw new Refusal(401);
    });
    return payload;
  }

  async function invoice(request: IncomingMessage): Promise<string> {
    const { sub, tenant, scope, sub_profile } = await user(request);
    if (sub_profile !== 'user' || !String(scope).split(' ').includes('invoices:read')) throw new Refusal(403);
    const [, customer, id] = /^\/customers\/([^/]+)\/invoices\/([^/]+)$/.exec(request.url ?? '') ?? [];
    const text = customer === sub ? INVOICES[`${String(tenant)}/${sub}/${id}`] : undefined;
    if (request.method !== 'GET' || text === undefined) throw new Refusal(404);
    return text;
  }

  const server = createServer((request, response) => {
    invoice(request).then(
      text => response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text),
      (error: unknown) => response.writeHead(error instanceof Refusal ? error.status : 500).end(),
    );
  });
  await once(server.listen(settings.ports['invoices-api'], '127.0.0.1'), 'listening');
  return {
    server,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
