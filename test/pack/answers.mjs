import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** The three answers a first user sees: no token, a good one, one without the scope. */
export async function checkAnswers(url, issuer) {
  await challengesWithoutToken(url);
  const good = await callWhoami(url, await issuer.accessToken(url, 'profile:read'));
  assert.ok(good.result, `whoami was refused: ${good.error}`);
  assert.notEqual(good.result.isError, true, JSON.stringify(good.result));
  assert.match(JSON.stringify(good.result.content), /alice/);

  const narrow = await callWhoami(url, await issuer.accessToken(url, 'profile:other'));
  assert.ok(narrow.error, 'whoami ran without its scope');
  assert.equal(narrow.statuses.at(-1), 403);
}

/** A call without a token gets a challenge that leads to the metadata of the resource. */
export async function challengesWithoutToken(url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }),
  });
  assert.equal(response.status, 401);
  const challenge = response.headers.get('www-authenticate') ?? '';
  const [, metadataUrl] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  assert.ok(metadataUrl, `the challenge names no resource_metadata: ${challenge}`);
  const metadata = await (await fetch(metadataUrl)).json();
  assert.equal(metadata.resource, url);
}

/** Calls `whoami` by the official client: its result or what it has thrown, and the status of each answer. */
export async function callWhoami(url, token) {
  const statuses = [];
  const recordingFetch = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  const client = new Client({ name: 'pack-check', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit, fetch: recordingFetch }));
    return { statuses, result: await client.callTool({ name: 'whoami', arguments: {} }) };
  } catch (error) {
    return { statuses, error };
  } finally {
    await client.close();
  }
}
