import { type ServerResponse } from 'node:http';
import { type JSONRPCResultResponse, ProtocolErrorCode, type RequestId } from '@modelcontextprotocol/server';
import { EieError } from 'execution-identity';
import { cutOff, isClosed, whenClosed } from '../../http/http-request.js';
import { errorMessage, errorOf, errorResponse, eventOf, idOf, refusalOf } from './rpc-error.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * The answer to one HTTP request on its way to the client. Where the identity ends while the answer is open, the client gets an error of
 * JSON-RPC before the connection closes: it must not take a revocation for a failure of the network, and call again.
 */
export class Exchange {
  isGone = false;
  readonly #onGone: (() => void)[] = [];
  /** What it is answered with in place of the response that the SDK makes. */
  readonly #settled: Promise<EieError | JSONRPCResultResponse>;
  #settle: (answer: EieError | JSONRPCResultResponse) => void = () => undefined;
  #unread: Promise<void> | undefined;

  /**
   * @param message that the answer is for
   * @param challengeOf the value of `WWW-Authenticate` for a refusal, where it has one
   */
  constructor(
    private readonly raw: ServerResponse,
    private readonly message: unknown,
    private readonly challengeOf: (refusal: EieError) => string | undefined,
  ) {
    this.#settled = new Promise(resolve => (this.#settle = resolve));
    whenClosed(raw, () => {
      if (!raw.writableFinished) this.#leave();
    });
  }

  /** Aborts when the client goes away, or the identity ends. */
  signal(): AbortSignal {
    const controller = new AbortController();
    this.whenGone(() => controller.abort());
    return controller.signal;
  }

  /** Calls the listener when the client has gone away, or the identity has ended. */
  whenGone(listener: () => void): void {
    if (this.isGone) listener();
    else this.#onGone.push(listener);
  }

  /** Calls the listener when the answer has closed, whether the client has all of it or not. */
  whenClosed(listener: () => void): void {
    whenClosed(this.raw, listener);
  }

  /** While the client does not read what was sent: resolves when it has, or the answer has closed. */
  get unread(): Promise<void> | undefined {
    return this.#unread;
  }

  #leave(): void {
    this.isGone = true;
    for (const listener of this.#onGone.splice(0)) listener();
  }

  /** Asked for an error alone: the SDK reads the whole message to tell. */
  get #id(): RequestId | null {
    return idOf(this.message);
  }

  /** Ends the answer with this error, whether it has begun or not. */
  end(refusal: EieError): void {
    this.#settle(refusal);
  }

  /** Answers with this result, before the SDK has made a response of it. */
  answer(result: JSONRPCResultResponse): void {
    this.#settle(result);
  }

  /** It does NOT throw: where somebody else has begun to answer, or nothing can be written, the connection is closed. */
  async send(response: Promise<Response>): Promise<void> {
    try {
      await this.#sendAnswer(response);
    } catch {
      if (!this.raw.writableEnded) cutOff(this.raw);
    }
  }

  async #sendAnswer(response: Promise<Response>): Promise<void> {
    const made = response.catch((error: unknown) => (error instanceof EieError ? error : this.#failure()));
    const answer = await Promise.race([made, this.#settled]);
    if (answer instanceof EieError) {
      this.#leave();
      return this.#write(refusalOf(answer, this.#id, this.challengeOf(answer)));
    }
    if (!(answer instanceof Response)) return this.#sendResult(answer);
    await (isStream(answer) ? this.#stream(answer) : this.#write(isAnswer(answer) ? answer : this.#unanswered()));
  }

  async #write(response: Response): Promise<void> {
    this.#send(response.status, await response.text(), Object.fromEntries(response.headers));
  }

  /** A handler may have put what is no JSON into a result of its own. */
  #sendResult(result: JSONRPCResultResponse): Promise<void> | undefined {
    let body: string;
    try {
      body = JSON.stringify(result);
    } catch {
      return this.#write(this.#failure());
    }
    this.#send(200, body, JSON_TYPE);
    return undefined;
  }

  #send(status: number, body: string, headers: Readonly<Record<string, string>>): void {
    this.raw.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    this.raw.end(body);
  }

  async #stream({ status, headers, body }: Response): Promise<void> {
    const { raw } = this;
    raw.writeHead(status, Object.fromEntries(headers));
    // A client waits for the headers of a stream that has nothing to say yet.
    raw.flushHeaders();
    const reader = body!.getReader();
    const cancel = (): void => void reader.cancel().catch(() => undefined);
    whenClosed(raw, cancel);
    let lastWords: object | undefined;
    void this.#settled.then(answer => {
      if (!(answer instanceof EieError)) return;
      lastWords = errorMessage(this.#id, errorOf(answer));
      cancel();
    });
    try {
      for (let next = await reader.read(); !next.done && !isClosed(raw); next = await reader.read())
        // What takes everything at once, as in a cloud function, may say nothing else and never emits `drain`.
        if (!raw.write(next.value) && raw.writableLength > 0) await this.#read();
    } catch {
      // The source has failed: what was sent of it stands.
    }
    if (lastWords) raw.write(eventOf(lastWords));
    raw.end();
    if (lastWords) this.#leave();
  }

  async #read(): Promise<void> {
    this.#unread = writable(this.raw);
    await this.#unread;
    this.#unread = undefined;
  }

  /** The server of the request was closed, and not by its client. */
  #unanswered(): Response {
    const message = 'The connection of the server was closed before there was an answer';
    return errorResponse(this.#id, { code: ProtocolErrorCode.InternalError, message }, 503);
  }

  #failure(): Response {
    return errorResponse(this.#id, { code: ProtocolErrorCode.InternalError, message: 'Internal server error' }, 500);
  }
}

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false;

/** 499 says that the client has gone away, which then gets no answer: no client may see it. */
const isAnswer = ({ status }: Response): boolean => status !== 499;

/** Resolves when the client has read enough, or is gone. */
function writable(raw: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      raw.off('drain', done).off('close', done);
      resolve();
    };
    raw.on('drain', done).on('close', done);
    if (isClosed(raw)) done();
  });
}
