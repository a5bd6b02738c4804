import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type StartPart } from '../../../src/shop/part.js';
import { origin, resource } from '../../../src/shop/settings.js';
import { ownData } from '../application/own-data.js';

/** The legacy API of the shop, with an invoice of every number for everybody. */
export const startInvoices: StartPart = async settings => {
  const issuer = origin(settings, 'authorization-server');
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const expected = { issuer, audience: resource(settings, 'invoices-api'), typ: 'at+jwt', algorithms: ['ES256'] };
  const server = createServer((request, response) => {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    jwtVerify(token, keys, expected).then(
      async ({ payload }) => {
        await sleep(Math.random() * 4);
        response.end(`Invoice of ${ownData({ sub: payload.sub!, tenant: String(payload.tenant) })}`);
      },
      () => response.writeHead(401).end(),
    );
  });
  server.keepAliveTimeout = 120_000;
  await once(server.listen(settings.ports['invoices-api'], '127.0.0.1'), 'listening');
  return {
    server,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
};
