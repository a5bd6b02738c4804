import { Agent, request as httpRequest } from 'node:http';
import { headersFor, message } from '../support/mcp-messages.js';

const ERA = '2026-07-28';
const agent = new Agent({ keepAlive: true, maxSockets: 128 });

/** How a call of a tool was answered. `text` is what the tool gave, `state` what the client is to bring back. */
export interface Called {
  readonly status: number;
  readonly text?: string;
  readonly state?: string;
}

interface Calling {
  readonly name: string;
  readonly input?: object;
  readonly headers?: Record<string, string>;
  /** What the client brings back. */
  readonly round?: object;
}

/** Calls a tool at the balancer, or at one instance by its port. A server that does not answer is status 0. */
export function call(
  url: string,
  authorization: string,
  { name, input = {}, headers = {}, round = {} }: Calling,
): Promise<Called> {
  const body = message(ERA, 'tools/call', { name, arguments: input, ...round }, 1, { elicitation: { form: {} } });
  return new Promise(resolve => {
    const sent = httpRequest(
      `${url}/mcp`,
      { method: 'POST', agent, headers: { authorization, ...headersFor(ERA, body), ...headers } },
      response => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', () => resolve({ status: 0 }));
        response.once('end', () => resolve({ status: response.statusCode!, ...resultIn(text) }));
      },
    );
    sent.once('error', () => resolve({ status: 0 }));
    sent.setTimeout(30_000, () => sent.destroy());
    sent.end(JSON.stringify(body));
  });
}

export const bearer = (token: string): string => `Bearer ${token}`;
export const at = (port: number): string => `http://127.0.0.1:${port}`;

function resultIn(body: string): Pick<Called, 'text' | 'state'> {
  try {
    const { result } = JSON.parse(body.replace(/^[^]*?data: ?(?=\{)/, '')) as {
      result?: { isError?: boolean; requestState?: string; content?: { text?: string }[] };
    };
    const text = result?.isError ? undefined : result?.content?.[0]?.text;
    return {
      ...(text !== undefined && { text }),
      ...(result?.requestState !== undefined && { state: result.requestState }),
    };
  } catch {
    return {};
  }
}
