import { EieError } from 'execution-identity';
import { type Stops } from '../../record/stops.js';
import { type EchoSearch } from './echo-search.js';
import { StoppedBody } from './stopped-body.js';

/** Default options: without a byte order mark, and what is no UTF-8 replaced, as `Response.text()` reads it. */
const utf8 = new TextDecoder();

/**
 * The answer of a target, in which nobody can read a credential. Its head is searched at once, its body when it is read.
 *
 * @throws EieError `target_response_refused` when the head holds one, and from whatever reads the body when that does
 */
export class SearchedAnswer {
  readonly #body: StoppedBody | undefined;

  /**
   * @param stops what ends the execution that reads it
   * @param onEcho called when the body holds a credential
   */
  constructor(
    private readonly received: Response,
    private readonly search: EchoSearch,
    stops: Stops,
    private readonly onEcho: () => void,
  ) {
    if (received.body) this.#body = new StoppedBody(received.body, stops);
    const head = [received.url, received.statusText, ...[...received.headers].flat()].join('\n');
    if (!search.finds(head)) return;
    void this.cancel();
    throw new EieError('target_response_refused');
  }

  get status(): number {
    return this.received.status;
  }

  get headers(): Headers {
    return this.received.headers;
  }

  /** Reads no more of it. */
  async cancel(): Promise<void> {
    await this.#body?.cancel().catch(() => undefined);
  }

  /**
   * As a fetch gives it. The body is searched while it is read, and not stored: only bytes that could begin the signature of a credential
   * wait for the next ones, so what stands before the signature may be handed on.
   */
  response(): Response {
    const { received } = this;
    if (!this.#body) return received;
    const { status, headers } = received;
    return likeReceived(new Response(this.#searched(this.#body), { status, headers }), received);
  }

  /** The whole body, searched before any of it is given. */
  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for (let one = await this.#body?.next(); one; one = await this.#body?.next()) pieces.push(one);
    const bytes = Buffer.concat(pieces);
    if (this.search.findsIn(bytes)) throw this.#echo();
    return utf8.decode(bytes);
  }

  /** For a string of the parsed body: an encoder may have escaped any letter of it. */
  assertNone(text: string): void {
    if (this.search.finds(text)) throw this.#echo();
  }

  #echo(): EieError {
    this.onEcho();
    return new EieError('target_response_refused');
  }

  #searched(body: StoppedBody): ReadableStream<Uint8Array> {
    const pieces = this.search.inPieces();
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull: async controller => {
        for (;;) {
          const value = await body.next();
          if (!value) {
            const rest = pieces.rest();
            if (rest.length) controller.enqueue(rest);
            return controller.close();
          }
          const free = pieces.next(value);
          if (!free) {
            const refusal = this.#echo();
            await body.cancel().catch(() => undefined);
            throw refusal;
          }
          if (free.length) return controller.enqueue(free);
        }
      },
      cancel: reason => body.cancel(reason),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }
}

/** What `new Response()` does not take over, or refuses: a reason phrase in any other letters than ASCII (RFC 9112 §4). */
function likeReceived(response: Response, received: Response): Response {
  const clone = (): Response => likeReceived(Response.prototype.clone.call(response), received);
  Object.defineProperty(response, 'clone', { value: clone });
  for (const property of ['url', 'redirected', 'type', 'statusText'] as const)
    Object.defineProperty(response, property, { value: received[property] });
  return response;
}
