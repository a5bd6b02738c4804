import { type EffectiveDelegation, EieError } from 'execution-identity';
import { type SealedEnvelope } from 'execution-identity/internal';
import { send } from './delegated-fetch.js';
import { OwnAuthorization } from './own-authorization.js';
import { type Mode, type ModeCall } from '../modes/mode.js';
import { EchoSearch } from './echo-search.js';
import { SearchedAnswer } from './searched-answer.js';
import { type DelegatedToken } from '../exchange/returned-token.js';

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
}

/** One allowed call: its credential, its request, and its answer. */
export class DownstreamCall {
  /** Who acts, according to the token that was sent. */
  effective?: EffectiveDelegation;
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

  async run(isRepeatable: boolean): Promise<SearchedAnswer> {
    const request = (this.#request = this.parts.requests());
    const own = OwnAuthorization.of(this.call.target);
    if (own) return this.#send(request, { own });
    const token = await this.#token(request.signal);
    const answer = await this.#send(request, { token });
    if (!refusesToken(answer)) return answer;
    this.mode.forget(this.call, token);
    if (!isRepeatable) return answer;
    await answer.cancel();
    this.#request = this.parts.requests();
    return this.#send(this.#request, { token: await this.#token(this.#request.signal) });
  }

  /** A caller that aborts stops waiting. Other callers that wait for the same token still get it. */
  async #token(signal: AbortSignal): Promise<DelegatedToken> {
    signal.throwIfAborted();
    let giveUp = (): void => {};
    const gaveUp = new Promise<never>((_resolve, reject) => (giveUp = () => reject(signal.reason as Error)));
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([this.mode.obtain(this.call), gaveUp]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #send(
    request: Request,
    { token, own }: { token?: DelegatedToken; own?: OwnAuthorization },
  ): Promise<SearchedAnswer> {
    const { envelope, target } = this.call;
    const sealed = target.external ? undefined : await this.parts.seal();
    const beforeSending = async (): Promise<void> => {
      // Check again: the token and the signature may have taken seconds.
      await this.parts.assertAllowed();
      if (token) this.effective = token.effective;
      if (!this.#wasSent) this.parts.onSend();
      this.#wasSent = true;
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
    );
    // A status above 599 is not HTTP, and the Response constructor refuses it.
    if (response.status > 599) throw new EieError('target_unavailable');
    const sent = [...(token ? [token.token] : []), ...(sealed ? [sealed.jws] : [])];
    // It refers to this call, so to its requests: aborting has no effect once a request is garbage collected.
    return new SearchedAnswer(response, new EchoSearch(sent, own?.secrets), () => this.parts.onEcho());
  }
}

/** RFC 6750 §3.1. */
function refusesToken({ status, headers }: SearchedAnswer): boolean {
  return status === 401 && /\berror="?invalid_token\b/.test(headers.get('www-authenticate') ?? '');
}
