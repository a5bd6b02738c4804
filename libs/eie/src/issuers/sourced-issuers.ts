import { LRUCache } from 'lru-cache';
import { EieConfigurationError, EieError, type ShareHolder, Shares } from 'execution-identity';
import {
  digest,
  errorName,
  findingOf,
  isFresh,
  isIdentifier,
  isIssuerName,
  secondsOf,
  STORE_DEADLINE,
  withinDeadline,
} from 'execution-identity/internal';
import { httpAllowed } from '../configuration/http-allowed.js';
import { noteScopePrefix } from '../configuration/scope-words.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { IdentityProvider } from '../options/identity-provider.js';
import { type AllowsHttp } from '../options/insecure-http.js';
import { IssuerOptions } from '../options/issuer.options.js';
import { type IssuerSource, partition } from '../options/issuer-source.js';
import { readOptions } from '../options/read-options.js';

/** The last answer of the source about an issuer, as a digest, and its time. */
interface Answer {
  readonly said: string;
  readonly options: IssuerOptions;
  readonly at: number;
}

/** Why the source is not asked again for a while. */
interface Denial {
  /** Absent where the source does not know the issuer. */
  readonly error?: EieError;
  readonly at: number;
  /** Seconds. */
  readonly rest: number;
}

const CAPACITY = 1_000;
/** Seconds. */
const ASK_AGAIN = 60;
/** Seconds after a failure. */
const REST = 5;
/** Issuers that the source is asked about at one time for the first time. */
const PENDING = 256;
const MAX_IDENTIFIER = 512;

/** What the issuer source of one server says, for its boundary and for its delegation. Answers are cached; the cache is bounded. */
export class SourcedIssuers {
  readonly #source: IssuerSource | undefined;
  readonly #named: object;
  readonly #now: () => number;
  readonly #allowsHttp: AllowsHttp;
  readonly #answers = new LRUCache<string, Answer>({
    max: CAPACITY,
    dispose: ({ options }) => this.#onForget(options),
  });
  /** Issuers that the source does not know, or has failed for. A separate cache, so that invented issuers cannot evict known ones. */
  readonly #denied = new LRUCache<string, Denial>({ max: CAPACITY });
  /** The look-ups that are being waited for. */
  readonly #pending = new Map<string, Promise<IssuerOptions | undefined>>();
  readonly #shares = new Shares(PENDING);
  #onForget: (options: IssuerOptions) => void = () => undefined;

  constructor(options: Pick<ServerOptions, 'issuers' | 'ports'>) {
    this.#source = partition(options.issuers).source;
    this.#named = options.issuers;
    this.#now = secondsOf(options.ports?.clock ?? Date.now);
    this.#allowsHttp = httpAllowed(options);
  }

  /** Whether the source can be asked about this issuer. */
  mayKnow(issuer: string): boolean {
    const isAskable = isIdentifier(issuer) || this.#allowsHttp(issuer, 'issuer');
    return this.#source !== undefined && issuer.length <= MAX_IDENTIFIER && isIssuerName(issuer) && isAskable;
  }

  /** What the source has said, while it need not be asked again. */
  fresh(issuer: string): IssuerOptions | undefined {
    const last = this.#answers.get(issuer);
    return last && isFresh(last.at, ASK_AGAIN, this.#now()) ? last.options : undefined;
  }

  /**
   * The same object for as long as the source says the same.
   *
   * @param from who asks: nobody may use up what the source can be asked at one time
   * @throws EieError `issuer_unavailable` when the source fails or is late; `limit_reached`
   */
  async find(issuer: string, from: ShareHolder): Promise<IssuerOptions | undefined> {
    const source = this.#source;
    if (!source || !this.mayKnow(issuer)) return undefined;
    const fresh = this.fresh(issuer);
    if (fresh) return fresh;
    const last = this.#answers.get(issuer);
    const denial = this.#denied.get(issuer);
    if (denial && isFresh(denial.at, denial.rest, this.#now())) {
      if (!denial.error) return undefined;
      // One error each: the line about a refusal is written once for an error.
      throw new EieError(denial.error.code, { finding: findingOf(denial.error) });
    }
    const asked = this.#pending.get(issuer);
    if (asked) return asked;
    // Invented issuers must not delay those that are known.
    const release = last ? () => undefined : this.#shares.lease(from);
    if (!release) throw new EieError('limit_reached');
    const lookUp = this.#answer(source, issuer, last).finally(() => {
      release();
      this.#pending.delete(issuer);
    });
    this.#pending.set(issuer, lookUp);
    return lookUp;
  }

  /** Calls `listener` with each answer that is no longer used: it changed, it was evicted, or the application stops. */
  onForget(listener: (options: IssuerOptions) => void): void {
    this.#onForget = listener;
  }

  close(): void {
    this.#answers.clear();
  }

  async #answer(source: IssuerSource, issuer: string, last: Answer | undefined): Promise<IssuerOptions | undefined> {
    let found: unknown;
    try {
      found = await withinDeadline(STORE_DEADLINE, () => source.find(issuer));
    } catch (error) {
      const fix = `See whether it answers within ${STORE_DEADLINE} ms and does not throw.`;
      const finding = { claim: 'IssuerSource.find()', status: errorName(error), fix };
      return this.#deny(issuer, REST, new EieError('issuer_unavailable', { finding }));
    }
    try {
      return this.#read(found, issuer, last);
    } catch (error) {
      const fix = String((error as Error).message)
        .replaceAll(/\s+/g, ' ')
        .slice(0, 500);
      return this.#deny(issuer, REST, new EieError('issuer_unavailable', { finding: { claim: 'IssuerSource', fix } }));
    }
  }

  /** @throws EieConfigurationError for options that are wrong */
  #read(found: unknown, issuer: string, last: Answer | undefined): IssuerOptions | undefined {
    if (!found) return this.#deny(issuer, ASK_AGAIN);
    const options = readOptions(IssuerOptions, found, 'IssuerSource', { allowsHttp: this.#allowsHttp });
    if (options.issuer !== issuer) return this.#deny(issuer, ASK_AGAIN);
    // The edge takes headers off each request before it is known whose token they carry.
    if (options.tokenHeader)
      throw new EieConfigurationError('"tokenHeader" is for issuers that are configured one by one.');
    noteScopePrefix(this.#named, options);
    const said = digest(JSON.stringify([options, IdentityProvider.exchangeOf(options.provider)]));
    const at = this.#now();
    // An unchanged answer keeps what was made of it, such as the keys that were fetched.
    if (last?.said === said) {
      this.#answers.set(issuer, { ...last, at }, { noDisposeOnSet: true });
      return last.options;
    }
    this.#answers.set(issuer, { said, options, at });
    return options;
  }

  /** @param rest seconds */
  #deny(issuer: string, rest: number, error?: EieError): undefined {
    if (rest === ASK_AGAIN) this.#answers.delete(issuer);
    this.#denied.set(issuer, { at: this.#now(), rest, ...(error && { error }) });
    if (error) throw error;
  }
}

const known = new WeakMap<object, SourcedIssuers>();

/** Those of the server with these options: the boundary and the delegation service share them. */
export function sourcedIssuersOf(options: Pick<ServerOptions, 'issuers' | 'ports'>): SourcedIssuers {
  const found = known.get(options) ?? new SourcedIssuers(options);
  known.set(options, found);
  return found;
}
