import { type IncomingMessage, type ServerResponse } from 'node:http';
import { isJSONRPCRequest, ProtocolErrorCode, type RequestId } from '@modelcontextprotocol/server';
import { EieError, wireOf } from 'execution-identity';

const METHODS = ['GET', 'POST', 'DELETE'];

/**
 * A request as the SDK reads it, without its body, which has been read and parsed. `undefined` for a method that MCP does not have.
 *
 * @param signal aborts when the client goes away
 */
export function webRequest(
  { method = '', url = '/', headers }: IncomingMessage,
  signal: AbortSignal,
): Request | undefined {
  if (!METHODS.includes(method)) return undefined;
  const fields = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(':')) for (const one of [value ?? []].flat()) fields.append(name, one);
  const authority = headers.host ?? headers[':authority'] ?? 'localhost';
  return new Request(`http://${String(authority)}${url}`, { method, headers: fields, signal });
}

export const methodNotAllowed = (): Response =>
  errorResponse(null, { code: -32_000, message: 'Method not allowed.' }, 405, { allow: METHODS.join(', ') });

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const errorMessage = (id: RequestId | null, error: RpcError) => ({ jsonrpc: '2.0', id, error });

const errorResponse = (id: RequestId | null, error: RpcError, status: number, headers = {}): Response =>
  Response.json(errorMessage(id, error), { status, headers });

/**
 * The answer to one HTTP request on its way to the client. Where the identity ends while the answer is open, the client gets an error of
 * JSON-RPC before the connection closes: it must not take a revocation for a failure of the network, and call again.
 */
export class Exchange {
  readonly #abort = new AbortController();
  readonly #id: RequestId | null;
  readonly #refused: Promise<EieError>;
  #refuse: (refusal: EieError) => void = () => undefined;

  /**
   * @param message that the answer is for
   * @param challengeOf the value of `WWW-Authenticate` for a refusal, where it has one
   */
  constructor(
    private readonly raw: ServerResponse,
    message: unknown,
    private readonly challengeOf: (refusal: EieError) => string | undefined,
  ) {
    this.#id = isJSONRPCRequest(message) ? message.id : null;
    this.#refused = new Promise(resolve => (this.#refuse = resolve));
    const abort = (): void => {
      if (!raw.writableFinished) this.#abort.abort();
    };
    if (raw.destroyed) abort();
    else raw.once('close', abort);
  }

  /** Aborts when the client goes away, or the identity ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends the answer with this error, whether it has begun or not. */
  end(refusal: EieError): void {
    this.#refuse(refusal);
  }

  async send(answer: Promise<Response>): Promise<void> {
    const made = answer.catch((error: unknown) => (error instanceof EieError ? error : this.#failure()));
    const response = await Promise.race([made, this.#refused]);
    if (response instanceof EieError) {
      this.#abort.abort();
      return this.#write(this.#refusal(response));
    }
    await (isStream(response) ? this.#stream(response) : this.#write(response));
  }

  async #write(response: Response): Promise<void> {
    const body = Buffer.from(await response.arrayBuffer());
    this.raw.writeHead(response.status, { ...Object.fromEntries(response.headers), 'content-length': body.length });
    this.raw.end(body);
  }

  async #stream({ status, headers, body }: Response): Promise<void> {
    const { raw } = this;
    raw.writeHead(status, Object.fromEntries(headers));
    // A client waits for the headers of a stream that has nothing to say yet.
    raw.flushHeaders();
    const reader = body!.getReader();
    const cancel = (): void => void reader.cancel().catch(() => undefined);
    raw.once('close', cancel);
    let lastWords: object | undefined;
    void this.#refused.then(refusal => {
      lastWords = errorMessage(this.#id, this.#errorOf(refusal));
      cancel();
    });
    try {
      for (let next = await reader.read(); !next.done && !raw.closed; next = await reader.read())
        if (!raw.write(next.value)) await writable(raw);
    } catch {
      // The source has failed: what was sent of it stands.
    }
    if (lastWords) raw.write(`event: message\ndata: ${JSON.stringify(lastWords)}\n\n`);
    raw.end();
    if (lastWords) this.#abort.abort();
  }

  #refusal(refusal: EieError): Response {
    const header = this.challengeOf(refusal);
    return errorResponse(this.#id, this.#errorOf(refusal), wireOf(refusal.code).status, {
      ...(header !== undefined && { 'www-authenticate': header }),
    });
  }

  #errorOf({ code, message }: EieError): RpcError {
    return { code: ProtocolErrorCode.InternalError, message, data: { code } };
  }

  #failure(): Response {
    return errorResponse(this.#id, { code: ProtocolErrorCode.InternalError, message: 'Internal server error' }, 500);
  }
}

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false;

/** Resolves when the client has read enough, or is gone. */
function writable(raw: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      raw.off('drain', done).off('close', done);
      resolve();
    };
    raw.on('drain', done).on('close', done);
    if (raw.closed) done();
  });
}
