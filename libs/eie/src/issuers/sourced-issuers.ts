import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { EieError, type ShareHolder, Shares } from 'execution-identity';
import { digest, isFresh, isIdentifier, secondsOf } from 'execution-identity/internal';
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

const CAPACITY = 1_000;
/** Seconds. */
const ASK_AGAIN = 60;
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
  /** Issuers that the source does not know, and since when. A separate cache, so that invented issuers cannot evict known ones. */
  readonly #unknown = new LRUCache<string, number>({ max: CAPACITY });
  /** The look-ups that are being waited for. */
  readonly #pending = new Map<string, Promise<IssuerOptions | undefined>>();
  readonly #shares = new Shares(PENDING);
  readonly #logger = new Logger('EieModule');
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
    return this.#source !== undefined && issuer.length <= MAX_IDENTIFIER && isAskable;
  }

  /**
   * The same object for as long as the source says the same.
   *
   * @param from who asks: nobody may use up what the source can be asked at one time
   * @throws EieError `issuer_unavailable` when the source fails; `limit_reached`
   */
  async find(issuer: string, from: ShareHolder): Promise<IssuerOptions | undefined> {
    const source = this.#source;
    if (!source || !this.mayKnow(issuer)) return undefined;
    const last = this.#answers.get(issuer);
    if (last && isFresh(last.at, ASK_AGAIN, this.#now())) return last.options;
    if (isFresh(this.#unknown.get(issuer) ?? -Infinity, ASK_AGAIN, this.#now())) return undefined;
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
    try {
      const found = await source.find(issuer);
      const options = found && readOptions(IssuerOptions, found, 'IssuerSource', { allowsHttp: this.#allowsHttp });
      // The edge takes headers off each request before it is known whose token they carry.
      if (options?.tokenHeader) throw new Error('"tokenHeader" is for issuers that are configured one by one.');
      const at = this.#now();
      if (options?.issuer !== issuer) {
        this.#answers.delete(issuer);
        this.#unknown.set(issuer, at);
        return undefined;
      }
      noteScopePrefix(this.#named, options);
      const said = digest(JSON.stringify([options, IdentityProvider.exchangeOf(options.provider)]));
      // An unchanged answer keeps what was made of it, such as the keys that were fetched.
      if (last?.said === said) {
        this.#answers.set(issuer, { ...last, at }, { noDisposeOnSet: true });
        return last.options;
      }
      this.#answers.set(issuer, { said, options, at });
      return options;
    } catch (error) {
      this.#logger.error(`The issuer source failed: ${error instanceof Error ? error.message : 'no error was given'}`);
      throw new EieError('issuer_unavailable');
    }
  }
}

const known = new WeakMap<object, SourcedIssuers>();

/** Those of the server with these options: the boundary and the delegation service share them. */
export function sourcedIssuersOf(options: Pick<ServerOptions, 'issuers' | 'ports'>): SourcedIssuers {
  const found = known.get(options) ?? new SourcedIssuers(options);
  known.set(options, found);
  return found;
}
