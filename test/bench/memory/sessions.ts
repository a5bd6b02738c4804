import { type Era } from '../../support/app.js';
import { message, type Message, open, send } from '../../support/mcp-messages.js';
import { BenchServer } from '../load/bench-server.js';
import { type Crowd } from '../load/crowd.js';
import { type CrowdAbout } from '../load/crowd-app.js';
import { assertNamed, mcpCall } from '../load/crowd-calls.js';
import { toolName } from '../mcp/tools.js';
import { type HeapRow } from '../report.js';
import { heapRow, settledHeap } from './heap.js';
import { count } from './users.js';

const CROWD_SERVER = new URL('../load/crowd-server.ts', import.meta.url);
const LEGACY: Era = '2025-11-25';
const MODERN: Era = '2026-07-28';
/** How many requests are made at once. */
const AT_ONCE = 20;
const CALL = { name: toolName(0), arguments: { order: 'A-100' } };
const INITIALIZE = message(LEGACY, 'initialize', {
  protocolVersion: LEGACY,
  capabilities: {},
  clientInfo: { name: 'bench', version: '1.0.0' },
});
const LISTEN = message(MODERN, 'subscriptions/listen', { notifications: { resourceSubscriptions: ['bench://one'] } });

interface Session {
  readonly token: string;
  readonly id: string;
}

/** What sessions and streams of as many users keep, one of each user. Streams are measured with their connections. */
export async function measureSessions(crowd: Crowd, users: number, tools: number): Promise<HeapRow[]> {
  const about = { key: crowd.key, capacity: 2 * users, tools } satisfies CrowdAbout;
  const server = await BenchServer.start(CROWD_SERVER, about);
  const url = `http://127.0.0.1:${server.port}`;
  try {
    await assertNamed(mcpCall(1), crowd, server.port);
    const strangers = tokensOf(crowd, 1_000_000, users);
    await everyKind(url, strangers);
    const tokens = tokensOf(crowd, 0, users);
    // So that no user is new when its session begins.
    await inBatches(tokens, token => called(url, token, LEGACY));
    const before = await settledHeap(server, 10);
    const sessions = await inBatches(tokens, token => startSession(url, token));
    const withSessions = await settledHeap(server);
    const streams = await openStreams(sessions, session => openStream(url, session));
    const withStreams = await settledHeap(server);
    streams.close();
    await inBatches(sessions, session => endSession(url, session));
    const after = await settledHeap(server);
    const subscriptions = await openStreams(tokens, token => subscribe(url, token));
    const withSubscriptions = await settledHeap(server);
    subscriptions.close();
    const suffix = `${count(users)} users, ${tools === 1 ? '1 tool' : `${tools} tools`}`;
    return [
      heapRow(`live session, ${LEGACY}, ${suffix}`, withSessions - before, users),
      heapRow(`open stream of a session, with its connection, ${suffix}`, withStreams - withSessions, users),
      heapRow(`kept of a session that has ended, ${suffix}`, after - before, users),
      heapRow(`open subscriptions/listen, ${MODERN}, with its connection, ${suffix}`, withSubscriptions - after, users),
    ];
  } finally {
    await server.close();
  }
}

/** So that nothing is done for the first time when it is measured. */
async function everyKind(url: string, tokens: readonly string[]): Promise<void> {
  await inBatches(tokens, token => called(url, token, LEGACY));
  const sessions = await inBatches(tokens, token => startSession(url, token));
  (await openStreams(sessions, session => openStream(url, session))).close();
  await inBatches(sessions, session => endSession(url, session));
  (await openStreams(tokens, token => subscribe(url, token))).close();
}

const tokensOf = (crowd: Crowd, first: number, users: number): string[] =>
  Array.from({ length: users }, (_, i) => crowd.token(first + i));

async function called(url: string, token: string, era: Era, headers: Record<string, string> = {}): Promise<void> {
  const { status, messages, body } = await send(url, token, era, message(era, 'tools/call', CALL), { headers });
  if (status !== 200 || !messages.at(-1)?.result?.content) throw new Error(`Answered with ${status}: ${body}`);
}

/** A session in which a tool has been called. */
async function startSession(url: string, token: string): Promise<Session> {
  const { headers, body } = await send(url, token, LEGACY, INITIALIZE);
  const id = headers.get('mcp-session-id');
  if (id === null) throw new Error(`There is no session: ${body}`);
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized', params: {} } as Message;
  await send(url, token, LEGACY, initialized, { headers: { 'mcp-session-id': id } });
  await called(url, token, LEGACY, { 'mcp-session-id': id });
  return { token, id };
}

const ofSession = (url: string, { token, id }: Session, init: RequestInit): Promise<Response> => {
  const version = { 'mcp-protocol-version': LEGACY, accept: 'text/event-stream' };
  return fetch(`${url}/mcp`, {
    ...init,
    headers: { ...version, authorization: `Bearer ${token}`, 'mcp-session-id': id },
  });
};

type Opened = readonly [Response, AbortController];

async function openStream(url: string, session: Session): Promise<Opened> {
  const ending = new AbortController();
  return [await ofSession(url, session, { signal: ending.signal }), ending];
}

async function subscribe(url: string, token: string): Promise<Opened> {
  const ending = new AbortController();
  return [await open(url, token, MODERN, LISTEN, { signal: ending.signal }), ending];
}

async function endSession(url: string, session: Session): Promise<void> {
  const response = await ofSession(url, session, { method: 'DELETE' });
  await response.text();
  if (!response.ok) throw new Error(`A session was not ended: ${response.status}`);
}

async function openStreams<Of>(all: readonly Of[], start: (one: Of) => Promise<Opened>): Promise<{ close(): void }> {
  const opened = await inBatches(all, start);
  for (const [{ status, headers }] of opened)
    if (status !== 200 || !headers.get('content-type')?.startsWith('text/event-stream'))
      throw new Error(`A stream was not opened: ${status}`);
  return { close: () => opened.forEach(([, ending]) => ending.abort()) };
}

async function inBatches<One, Result>(all: readonly One[], act: (one: One) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE)
    results.push(...(await Promise.all(all.slice(i, i + AT_ONCE).map(act))));
  return results;
}
