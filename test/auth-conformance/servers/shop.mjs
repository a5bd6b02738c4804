import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { exportJWK, generateKeyPair } from 'jose';
import { decoded } from '../tokens/jws.mjs';
import { SharedTools } from './nest-tools.mjs';
import { SCOPES, TOOLS } from './setting.mjs';

/** A file of the built application: whoever checks the imports of this one may not have built it. */
const built = path => import(new URL(`../../../dist/${path}.js`, import.meta.url).href);

class SharedToolsModule {}
Module({ providers: [SharedTools] })(SharedToolsModule);

async function privateKey(kid) {
  const { privateKey: key } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(key)), kid, alg: 'ES256', use: 'sig' };
}

function publicHalf(jwk) {
  const half = { ...jwk };
  delete half.d;
  return half;
}

/**
 * The MCP server of the reference application and its authorization server, in this process. The canary is where its orders
 * API would be, and beside its own tools it has those that only this pack asks for.
 */
export async function startShop(canary) {
  const [{ startAuthorizationServer }, { startMcpServer }] = await Promise.all([
    built('authorization-server/authorization-server'),
    built('mcp-server/mcp-server.module'),
  ]);
  const [{ freePorts }, { AGENT_IN_TOKEN, registrations }, { resource }] = await Promise.all([
    built('shop/ports'),
    built('shop/registrations'),
    built('shop/settings'),
  ]);
  const [client, sealing] = await Promise.all([privateKey('client'), privateKey('sealing')]);
  const auditFolder = await mkdtemp(join(tmpdir(), 'auth-conformance-'));
  const ports = { ...(await freePorts()), 'orders-api': Number(new URL(canary.url).port) };
  const settings = { ports, auditFolder, mcpClientKey: publicHalf(client), privateKeys: { client, sealing } };
  const authorizationServer = await startAuthorizationServer(registrations(settings));
  const url = resource(settings, 'mcp-server');
  const mcpServer = await startMcpServer(settings, [SharedToolsModule]);

  const login = { sub: 'alice', clientId: AGENT_IN_TOKEN, resource: url, scope: SCOPES.join(' ') };
  const { header, claims } = decoded(authorizationServer.mintUserToken(login));
  const { keys } = await (await fetch(authorizationServer.jwksUri)).json();
  const key = {
    header,
    publicJwk: keys[0],
    sign: async (said, changes) => authorizationServer.sign(said, { typ: header.typ, ...changes }),
  };
  return {
    url,
    config: {
      tokens: {
        sign: { key, claims, secondUser: { sub: 'bob', tenant: 'globex' }, missingScope: { scope: 'orders:read' } },
      },
      tools: TOOLS,
    },
    async close() {
      await mcpServer.close();
      await authorizationServer.close();
      await rm(auditFolder, { recursive: true });
    },
  };
}
