import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type IncomingMessage } from 'node:http';
import { type INestApplication } from '@nestjs/common';
import { type AuditEvent } from 'nestjs-eie';
import { type RecordingLog } from '../support/app.js';
import { headersFor, message } from '../support/mcp-messages.js';
import { type Attack, type Legitimate, type Send } from './application.js';

/** Everything that code with a request can read of it. */
export function viewsOf(request: object): string {
  const { raw = request } = request as { raw?: object };
  const { headers, rawHeaders, headersDistinct, url } = raw as Partial<IncomingMessage>;
  const { headers: wrapped, query, apiGateway, awsLambda, session } = request as Record<string, unknown>;
  return inspect(
    { headers, rawHeaders, headersDistinct, url, wrapped, query, apiGateway, awsLambda, session },
    { depth: 8, showHidden: true },
  );
}

export const sendTo =
  (url: string): Send =>
  async (path, init) => {
    const response = await fetch(url + path, init);
    return { status: response.status, text: await response.text() };
  };

export const bearer = (token: string, headers: Record<string, string> = {}): RequestInit => ({
  headers: { authorization: `Bearer ${token}`, ...headers },
});

/** The client can ask its user. */
const CAPABILITIES = { elicitation: { form: {} } };

interface ToolCall {
  readonly input?: object;
  readonly meta?: object;
  readonly headers?: Record<string, string>;
}

/** A call of a tool by one HTTP request, as a client of the newest protocol sends it. */
export function callByHand(send: Send, token: string, name: string, { input = {}, meta, headers }: ToolCall = {}) {
  const call = message(
    '2026-07-28',
    'tools/call',
    { name, arguments: input, ...(meta && { _meta: meta }) },
    1,
    CAPABILITIES,
  );
  const { authorization } = bearer(token).headers as Record<string, string>;
  return send('/mcp', {
    method: 'POST',
    headers: { authorization: authorization!, ...headersFor('2026-07-28', call), ...headers },
    body: JSON.stringify(call),
  });
}

/** A call that answers 200 with this text. */
export const answers = (
  name: string,
  call: () => Promise<{ status: number; text: string }>,
  text: string,
): Legitimate => ({
  name,
  async run() {
    const answer = await call();
    if (answer.status !== 200 || !answer.text.includes(text))
      throw new Error(`${answer.status}: ${answer.text.slice(0, 200)}`);
  },
});

/** An attack that must be answered with a refusal. */
export const refused = (
  promise: Attack['promise'],
  name: string,
  call: () => Promise<{ status: number; text: string }>,
): Attack => ({
  promise,
  name,
  async run() {
    const { status, text } = await call();
    return status >= 400 ? undefined : `${status}: ${text.slice(0, 100)}`;
  },
});

/** An attack that must be answered as if it were none: with this text, and without that one. Or it is refused. */
export const unmoved = (
  promise: Attack['promise'],
  name: string,
  call: () => Promise<{ status: number; text: string }>,
  text: string,
  never: string,
): Attack => ({
  promise,
  name,
  async run() {
    const answer = await call();
    const isRight = answer.status >= 400 || answer.text.includes(text);
    return isRight && !answer.text.includes(never) ? undefined : `${answer.status}: ${answer.text.slice(0, 200)}`;
  },
});

/** Runs this when the application has closed: for what does not belong to it. */
export function closing(app: INestApplication, after: () => unknown): INestApplication {
  const close = app.close.bind(app);
  app.close = async () => {
    await close();
    await after();
  };
  return app;
}

/** What was recorded since then, once there is as much as wanted: an outcome may follow the answer. */
export async function recordsSince({ events }: RecordingLog, before: number, wanted: number): Promise<AuditEvent[]> {
  for (let turns = 0; turns < 300 && events.length < before + wanted; turns++) await sleep(10);
  return events.slice(before);
}
