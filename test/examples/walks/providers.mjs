import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { bySecret } from '../../delegation-dialects/keys.ts';
import * as auth0 from '../../delegation-dialects/fakes/auth0.ts';
import * as entraId from '../../delegation-dialects/fakes/entra-id.ts';
import { challengesWithoutToken } from '../../pack/answers.mjs';
import { auth0Tokens } from '../../presets/fixtures/auth0.ts';
import { API, entraIdTokens, graphToken, TENANT } from '../../presets/fixtures/entra-id.ts';
import { having, without } from '../../presets/fixtures/tokens.ts';
import { sign } from '../../presets/providers.ts';
import { MCP, ORDERS } from '../../support/world.ts';
import { answerOf, callTool, refusedBy } from '../call.mjs';
import { Realm } from '../stand-ins/realm.ts';
import { startStandIn } from '../stand-ins/stand-in.mjs';

export async function keycloak(stage) {
  const exported = await stage.here(await readFile(join(stage.folder, 'realm.json'), 'utf8'));
  const realm = new Realm(JSON.parse(exported), 'http://localhost:8080');
  const elsewhere = await startStandIn(stage, realm.provider(), realm.keysUrl);
  await stage.environment({});
  const [url, api] = await Promise.all([
    stage.start('start:mcp-server', 'http://localhost:3000/mcp', { elsewhere }),
    stage.start('start:orders-api', 'http://localhost:3001/orders', { elsewhere }),
  ]);
  const token = await realm.login('alice', 'desk', 'orders:read');
  return {
    answers: async () =>
      assert.deepEqual(answerOf(await callTool(url, token, 'list_orders')), {
        orders: [{ id: 'A-1001', status: 'shipped' }],
        customer: realm.idOf('alice'),
        askedBy: 'desk',
      }),
    refuses: async () => {
      await challengesWithoutToken(url);
      refusedBy(await callTool(url, await realm.login('alice', 'desk'), 'list_orders'), 403);
      const { status } = await fetch(api, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(status, 401, 'the API takes a token that is for the MCP server');
    },
  };
}

/** An API that says what came with a request. */
const mirror = stage =>
  stage.loopback((request, response) => {
    const { sub, oid, aud, act } = decodeJwt(request.headers.authorization.replace('Bearer ', ''));
    response.end(JSON.stringify({ user: oid ?? sub, aud, ...(act && { act }) }));
  });

export async function auth0Example(stage) {
  const { clientId, auth } = bySecret(auth0.CLIENT.clientId, 'client_secret_post');
  const provider = { ...auth0.auth0Fake(), clients: [{ clientId, auth }] };
  const elsewhere = await startStandIn(stage, provider, `${auth0.ISSUER}.well-known/jwks.json`);
  const api = await mirror(stage);
  await stage.environment({
    AUTH0_DOMAIN: new URL(auth0.ISSUER).host,
    EIE_RESOURCE: MCP,
    AUTH0_CLIENT_ID: clientId,
    AUTH0_CLIENT_SECRET: JSON.stringify(auth.secret),
    ORDERS_URL: api.url,
    ORDERS_AUDIENCE: ORDERS,
  });
  const url = await stage.start('start', 'http://localhost:3000/mcp', { elsewhere });
  const { access, id, service } = auth0Tokens;
  // An organization is a tenant only where `tenants` lists it.
  const user = without(access, 'org_id');
  const [sub, client] = [access.claims.sub, access.claims.client_id];
  return {
    answers: async () => {
      const token = await sign(user);
      assert.deepEqual(answerOf(await callTool(url, token, 'whoami')), { user: sub, agent: client });
      assert.deepEqual(answerOf(await callTool(url, token, 'list_orders')), {
        user: sub,
        aud: ORDERS,
        act: { sub: clientId, act: { sub: client } },
      });
    },
    refuses: async () => {
      for (const token of [id, service]) refusedBy(await callTool(url, await sign(token), 'whoami'), 401);
      refusedBy(await callTool(url, await sign(having(user, { scope: 'openid' })), 'list_orders'), 403);
    },
  };
}

export async function entraIdExample(stage) {
  const { clientId, auth } = bySecret(API, 'client_secret_post');
  const provider = entraId.entraIdFake(undefined, undefined, { clients: [{ clientId, auth }] });
  const keys = `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`;
  const elsewhere = await startStandIn(stage, provider, keys);
  const api = await mirror(stage);
  await stage.environment({
    ENTRA_TENANT_ID: TENANT,
    ENTRA_CLIENT_ID: clientId,
    ENTRA_CLIENT_SECRET: JSON.stringify(auth.secret),
    ORDERS_URL: api.url,
    ORDERS_URI: entraId.ORDERS_URI,
    ORDERS_CLIENT_ID: entraId.ORDERS_API,
  });
  const url = await stage.start('start', 'http://localhost:3000/mcp', { elsewhere });
  const user = having(entraIdTokens.access, { scp: 'Orders.Read profile' });
  const { oid, azp } = user.claims;
  return {
    answers: async () => {
      const token = await sign(user);
      assert.deepEqual(answerOf(await callTool(url, token, 'whoami')), { user: oid, agent: azp });
      assert.deepEqual(answerOf(await callTool(url, token, 'list_orders')), { user: oid, aud: entraId.ORDERS_API });
    },
    refuses: async () => {
      for (const token of [entraIdTokens.id, graphToken])
        refusedBy(await callTool(url, await sign(token), 'whoami'), 401);
      refusedBy(await callTool(url, await sign(having(user, { scp: 'profile' })), 'list_orders'), 403);
    },
  };
}
