import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Calls a tool by the official client: its result or what it has thrown, and the status of the last answer. */
export async function callTool(url, token, name, input = {}) {
  let status;
  const watched = async (...request) => {
    const response = await fetch(...request);
    ({ status } = response);
    return response;
  };
  const requestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit, fetch: watched });
  return {
    ...(await callOver(transport, name, input)),
    get status() {
      return status;
    },
  };
}

/** The same over any transport. */
export async function callOver(transport, name, input = {}) {
  const client = new Client({ name: 'examples', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  try {
    await client.connect(transport);
    const result = await client.callTool({ name, arguments: input });
    return { result, text: result.content.map(part => part.text ?? '').join('\n') };
  } catch (error) {
    return { error };
  } finally {
    await client.close().catch(() => undefined);
  }
}

/** What a tool has answered. */
export function answerOf({ result, text, error }) {
  assert.ok(result && !result.isError, `the tool was refused: ${error ?? text}`);
  return JSON.parse(text);
}

/** The call was refused at the boundary, by this status. */
export function refusedBy(called, status) {
  assert.ok(!called.result, `the tool ran: ${called.text}`);
  assert.equal(called.status, status);
}

/** The tool ran, and what it wanted to do was refused by this code. */
export function refusedWithin({ result, error }, code) {
  assert.ok(result, `the tool did not run: ${error}`);
  assert.deepEqual([result.isError, result.structuredContent?.code], [true, code]);
}
