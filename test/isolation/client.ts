import { Agent, type ClientRequest, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { headersFor, message } from '../support/mcp-messages.js';
import { type Call } from './call.js';
import { type ObservedApplication } from './seen.js';

/** Milliseconds. Whoever is still not answered then, never is. */
const PATIENCE = 60_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a call ended for its caller. */
export type Ending = { readonly answer: Answer } | { readonly left: true } | { readonly failed: string };

/** A client that keeps its connections, over which the calls of all users go, as they do behind a proxy. */
export class Client {
  readonly #agent: Agent;

  constructor(
    private readonly application: Pick<ObservedApplication, 'url' | 'mcpPath'>,
    inFlight: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  }

  send(call: Call): Promise<Ending> {
    const { path, method, headers, body } = this.#request(call);
    return new Promise(resolve => {
      const sent = httpRequest(
        this.application.url + path,
        { method, agent: this.#agent, headers: { ...headers, ...credentials(call) } },
        response => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.once('error', error => end({ failed: error.message }));
          response.once('end', () => {
            const { statusCode = 0, headers: received } = response;
            end({ answer: { status: statusCode, headers: received, body: text } });
          });
        },
      );
      const end = (ending: Ending): void => {
        clearTimeout(waiting);
        resolve(ending);
      };
      const waiting = setTimeout(() => {
        end(call.patience === undefined ? { failed: 'no answer' } : { left: true });
        sent.destroy();
      }, call.patience ?? PATIENCE);
      sent.once('error', error => end({ failed: error.message }));
      finish(sent, body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #request({ kind, id, era, messageId }: Call) {
    const asked = kind.ask(id);
    if ('path' in asked) return { path: asked.path, method: 'GET', headers: {}, body: undefined };
    const sent =
      'list' in asked
        ? message(era, 'tools/list', {}, messageId)
        : message(
            era,
            'tools/call',
            {
              name: asked.tool,
              arguments: asked.input,
              ...(asked.progress && { _meta: { progressToken: messageId } }),
            },
            messageId,
          );
    return {
      path: this.application.mcpPath,
      method: 'POST',
      headers: headersFor(era, sent),
      body: JSON.stringify(sent),
    };
  }
}

const credentials = ({ credential, trace }: Call): Record<string, string> => ({
  authorization: `Bearer ${credential.token()}`,
  traceparent: `00-${trace}-${trace.slice(0, 16)}-01`,
});

function finish(sent: ClientRequest, body: string | undefined): void {
  if (body === undefined) return void sent.end();
  sent.setHeader('content-length', Buffer.byteLength(body));
  sent.end(body);
}
