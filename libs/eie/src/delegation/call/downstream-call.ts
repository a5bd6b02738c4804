import { type EffectiveDelegation, EieError } from 'execution-identity';
import { type SealedEnvelope } from 'execution-identity/internal';
import { type CallOptions, send } from './delegated-fetch.js';
import { EchoSearch } from './echo-search.js';
import { OwnAuthorization } from './own-authorization.js';
import { type Mode, type ModeCall } from '../modes/mode.js';
import { SearchedAnswer } from './searched-answer.js';
import { type DelegatedToken } from '../exchange/returned-token.js';
import { type Stops } from '../../record/stops.js';
import { untilAborted } from './until-aborted.js';

/** What a call needs of the service that makes it. */
export interface CallParts {
  /** The request of the caller, made anew each time it is asked for. */
  readonly requests: () => Request;
  readonly fetch: typeof fetch;
  /** The sealed envelope for the target. */
  readonly seal: () => Promise<SealedEnvelope>;
  /** The headers that carry the trace of the execution to the target, for one request. */
  readonly trace: () => [name: string, value: string][];
  /** @throws EieError when the identity has ended since the call began */
  readonly assertAllowed: () => Promise<void>;
  /** Called when the request is sent, once for each call. Sending it again with another token is the same call. */
  readonly onSend: () => void;
  readonly onEcho: () => void;
  /** What ends the execution before its handler does. */
  readonly stops: Stops;
}

/** What one request is sent with. */
interface Credentials {
  readonly token?: DelegatedToken | undefined;
  readonly own?: OwnAuthorization;
  readonly sealed?: SealedEnvelope | undefined;
}

interface TokenAnswered {
  readonly answer: SearchedAnswer;
  /** Whether the target refuses the token, and might take another one. */
  readonly isTokenWorthRenewing: boolean;
}

/** One allowed call: its credential, its request, and its answer. */
export class DownstreamCall {
  /** Who acts, according to the token that was sent. */
  effective?: EffectiveDelegation;
  /** Whether the target may have done what it was asked: not before the request is sent, nor where it has refused the token. */
  mayHaveActed = false;
  #request?: Request;
  #wasSent = false;

  constructor(
    private readonly mode: Mode,
    private readonly call: ModeCall,
    private readonly parts: CallParts,
  ) {}

  /** Whether the caller has aborted it. */
  get isAborted(): boolean {
    return this.#request?.signal.aborted ?? false;
  }

  async run(options: CallOptions & { readonly isRepeatable: boolean }): Promise<SearchedAnswer> {
    const own = OwnAuthorization.of(this.call.target);
    if (own) return this.#sendOwn(own, options);
    const { answer, isTokenWorthRenewing } = await this.#sendWithToken(options);
    if (!isTokenWorthRenewing || !options.isRepeatable || !(await this.#isAllowed())) return answer;
    await answer.cancel();
    return (await this.#sendWithToken(options)).answer;
  }

  async #sendOwn(own: OwnAuthorization, options: CallOptions): Promise<SearchedAnswer> {
    const request = (this.#request = this.parts.requests());
    const sealed = await untilAborted(request.signal, () => this.#seal());
    return this.#send(request, { own, sealed }, options);
  }

  async #sendWithToken(options: CallOptions): Promise<TokenAnswered> {
    const request = (this.#request = this.parts.requests());
    const { cache } = this.call;
    const [token, sealed] = await untilAborted(
      request.signal,
      async () => [await this.mode.obtain(this.call), await this.#seal()] as const,
    );
    const answer = await this.#send(request, { token, sealed }, options);
    const isRefused = refusesToken(answer);
    if (isRefused) this.mayHaveActed = false;
    else cache.noteTaken(token);
    return { answer, isTokenWorthRenewing: isRefused && cache.drop(token) };
  }

  async #seal(): Promise<SealedEnvelope | undefined> {
    return this.call.target.external ? undefined : this.parts.seal();
  }

  /** An execution that has ended since gets the refusal of the target, and no new token. */
  #isAllowed(): Promise<boolean> {
    return this.parts.assertAllowed().then(
      () => true,
      () => false,
    );
  }

  async #send(request: Request, { token, own, sealed }: Credentials, options: CallOptions): Promise<SearchedAnswer> {
    const { envelope, target } = this.call;
    const beforeSending = async (): Promise<void> => {
      // Check again: the token and the signature may have taken seconds.
      await this.parts.assertAllowed();
      request.signal.throwIfAborted();
      if (token) this.effective = token.effective;
      if (!this.#wasSent) this.parts.onSend();
      this.#wasSent = this.mayHaveActed = true;
    };
    const response = await send(
      envelope,
      target,
      request,
      {
        trace: this.parts.trace(),
        ...(token && { accessToken: token.token }),
        ...(own && { own }),
        ...(sealed && { sealed }),
      },
      this.parts.fetch,
      beforeSending,
      options,
    );
    // A status above 599 is not HTTP, and the Response constructor refuses it.
    if (response.status > 599) throw new EieError('target_unavailable');
    const sent = [...(token ? [token.token] : []), ...(sealed ? [sealed.jws] : [])];
    // It refers to this call, so to its requests: aborting has no effect once a request is garbage collected.
    const { stops } = this.parts;
    return new SearchedAnswer(response, new EchoSearch(sent, own?.secrets), stops, () => this.parts.onEcho());
  }
}

/** RFC 6750 §3.1; white space around the sign: RFC 9110 §11.2. */
function refusesToken({ status, headers }: SearchedAnswer): boolean {
  return status === 401 && /\berror[ \t]*=[ \t]*"?invalid_token\b/.test(headers.get('www-authenticate') ?? '');
}
