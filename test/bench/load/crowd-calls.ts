import { headersFor, message, send } from '../../support/mcp-messages.js';
import { textFor, toolName } from '../mcp/tools.js';
import { type BenchServer } from './bench-server.js';
import { type Crowd } from './crowd.js';
import { subjectOf } from './tokens.js';
import { requestBytes } from './requests.js';
import { inTurn } from './tokens.js';

const ERA = '2026-07-28';
const ORDER = 'A-100';

/** A request that an application for a crowd answers. */
export interface CrowdCall {
  readonly name: string;
  bytes(token: string): Buffer;
  /** What the answer to this user says. */
  answer(token: string, port: number): Promise<string>;
}

export const HTTP_CALL: CrowdCall = {
  name: 'HTTP',
  bytes: token => requestBytes({ token, path: '/me' }),
  answer: async (token, port) =>
    (await fetch(`http://127.0.0.1:${port}/me`, { headers: { authorization: `Bearer ${token}` } })).text(),
};

/** A call of the last of as many tools. */
export function mcpCall(tools: number): CrowdCall {
  const call = message(ERA, 'tools/call', { name: toolName(tools - 1), arguments: { order: ORDER } });
  const body = JSON.stringify(call);
  const headers = headersFor(ERA, call);
  return {
    name: `MCP ${ERA}`,
    bytes: token => requestBytes({ token, method: 'POST', path: '/mcp', headers, body }),
    answer: async (token, port) => (await send(`http://127.0.0.1:${port}`, token, ERA, call)).body,
  };
}

/** @throws unless a user of this name is answered with it */
export async function assertNamed({ answer }: CrowdCall, crowd: Crowd, port: number): Promise<void> {
  const user = 7_000_000;
  const said = await answer(crowd.token(user), port);
  if (!said.includes(`"user":"${subjectOf(user)}"`) && !said.includes(textFor(ORDER, subjectOf(user))))
    throw new Error(`The server has not named the user: ${said.slice(0, 1000)}`);
}

/** Each request once, on kept connections. */
export const sendOnce = (server: BenchServer, requests: readonly Buffer[], connections: number): Promise<unknown> =>
  server.measure({ connections, ms: Infinity, requests: requests.length, next: inTurn(requests) });
