import assert from 'node:assert/strict';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { challengesWithoutToken } from '../../pack/answers.mjs';
import { answerOf, callOver, callTool, refusedBy, refusedWithin } from '../call.mjs';

const alice = { sub: 'alice', agent: 'desk-agent' };

/** An example whose server is started with an issuer as RFC 9068 has it. */
async function startedWith(stage, script, further = {}) {
  const issuer = await stage.issuer();
  const resource = await stage.resource();
  const variables = { PORT: new URL(resource).port, EIE_RESOURCE: resource, EIE_ISSUER: issuer.issuer, ...further };
  await stage.environment(variables);
  return { issuer, url: await stage.start(script, 'http://localhost:3000/mcp') };
}

export async function minimal(stage) {
  const { issuer, url } = await startedWith(stage, 'start:prod');
  const token = await issuer.token(alice);
  return {
    answers: async () =>
      assert.deepEqual(answerOf(await callTool(url, token, 'whoami')), { user: 'alice', agent: 'desk-agent' }),
    refuses: async () => {
      await challengesWithoutToken(url);
      refusedBy(await callTool(url, token, 'my_rights'), 403);
    },
  };
}

export async function restAndMcp(stage) {
  const partner = 'a-key-for-partners';
  const { issuer, url } = await startedWith(stage, 'start:prod', { PARTNER_KEY: partner });
  const get = async (path, token) => {
    const response = await fetch(new URL(path, url), { headers: token ? { authorization: `Bearer ${token}` } : {} });
    return response.ok ? response.json() : response.status;
  };
  const token = await issuer.token({ ...alice, scopes: ['orders:read'] });
  const mine = [{ id: 'A-1001', customer: 'alice', status: 'shipped' }];
  return {
    answers: async () => {
      assert.deepEqual(answerOf(await callTool(url, token, 'list_orders')), { orders: mine });
      assert.deepEqual(await get('/orders/mine', token), mine);
      assert.equal((await get('/orders', partner)).length, 2);
      assert.deepEqual(await get('/orders/health'), { status: 'up' });
    },
    refuses: async () => {
      refusedBy(await callTool(url, await issuer.token(alice), 'list_orders'), 403);
      refusedBy(await callTool(url, partner, 'list_orders'), 401);
      // A token of this server is lent to no guard of the application, and the key opens no other route.
      assert.deepEqual(
        [await get('/orders', token), await get('/orders'), await get('/orders/mine', partner)],
        [401, 401, 401],
      );
    },
  };
}

export async function mcpNest(stage) {
  const { issuer, url } = await startedWith(stage, 'start:prod');
  const order = { orderId: 'A-1001' };
  return {
    answers: async () => {
      const token = await issuer.token({ ...alice, scopes: ['orders:read'] });
      const answer = answerOf(await callTool(url, token, 'get_order', order));
      assert.deepEqual(answer, { ...order, owner: 'alice', status: 'shipped' });
    },
    refuses: async () => {
      await challengesWithoutToken(url);
      refusedBy(await callTool(url, await issuer.token(alice), 'get_order', order), 403);
    },
  };
}

export async function apiKey(stage) {
  const api = await stage.loopback((request, response) => {
    response.statusCode = request.headers['x-api-key'] === 'key-of-this-run' ? 200 : 403;
    // A debug page, as some APIs have one.
    response.end(JSON.stringify(request.url === '/forecast/debug' ? request.headers : { sky: 'clear' }));
  });
  const issuer = await stage.issuer();
  const resource = await stage.resource();
  await stage.environment({ EIE_ISSUER: issuer.issuer, WEATHER_URL: api.url, WEATHER_KEY: 'key-of-this-run' });
  const url = await stage.start('start', resource, { variables: { PORT: new URL(resource).port } });
  const token = await issuer.token({ ...alice, scopes: ['weather:read'] });
  const forecast = (credential, city) => callTool(url, credential, 'forecast', { city });
  return {
    answers: async () => {
      assert.deepEqual(answerOf(await forecast(token, 'Oslo')), { sky: 'clear' });
      assert.deepEqual(
        api.requests.map(({ url: path, headers }) => [path, headers.authorization, headers['txn-token']]),
        [['/forecast/Oslo', undefined, undefined]],
      );
    },
    refuses: async () => {
      const before = api.requests.length;
      refusedWithin(await forecast(await issuer.token(alice), 'Oslo'), 'delegation_scope_empty');
      assert.equal(api.requests.length, before, 'the API was asked for somebody without the scope');
      refusedWithin(await forecast(token, 'debug'), 'target_response_refused');
    },
  };
}

export async function stdio(stage) {
  const started = () =>
    new StdioClientTransport({
      command: process.execPath,
      args: ['dist/main.js'],
      cwd: stage.folder,
      env: stage.inherited(),
      stderr: 'ignore',
    });
  return {
    answers: async () => {
      const { confidence, notes } = answerOf(await callOver(started(), 'list_notes'));
      assert.deepEqual([confidence, notes], ['configured', ['Water the plants.']]);
    },
    refuses: async () => refusedWithin(await callOver(started(), 'add_note', { text: 'more' }), 'insufficient_scope'),
  };
}
