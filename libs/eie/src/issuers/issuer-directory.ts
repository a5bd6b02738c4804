import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { EieError, type IssuerPolicy, type ShareHolder, Shares } from 'execution-identity';
import { httpAllowed } from '../configuration/http-allowed.js';
import { type AllowsHttp } from '../options/insecure-http.js';
import { IssuerOptions } from '../options/issuer.options.js';
import { type IssuerSource } from '../options/issuer-source.js';
import { readOptions } from '../options/read-options.js';
import { digest, isFresh, isIdentifier, unknownIssuer } from 'execution-identity/internal';
import { policyOf, type PolicyContext } from './issuer-policies.js';

/** The last answer of the source about an issuer, as a digest, and its time. */
interface Answer {
  readonly said: string;
  readonly policy: IssuerPolicy;
  readonly at: number;
}

const CAPACITY = 1_000;
/** Seconds. */
const ASK_AGAIN = 60;
/** Issuers that the source is asked about at one time for the first time. */
const PENDING = 256;
const MAX_IDENTIFIER = 512;

/** Every issuer that this server accepts: those of the configuration and those of the issuer source. Answers are cached; the cache is bounded. */
export class IssuerDirectory {
  readonly #configured: ReadonlyMap<string, IssuerPolicy>;
  readonly #answers = new LRUCache<string, Answer>({ max: CAPACITY, dispose: ({ policy }) => this.#onForget(policy) });
  /** Issuers that the source does not know, and since when. A separate cache, so that invented issuers cannot evict known ones. */
  readonly #unknown = new LRUCache<string, number>({ max: CAPACITY });
  /** The look-ups that are being waited for. */
  readonly #pending = new Map<string, Promise<IssuerPolicy | undefined>>();
  readonly #shares = new Shares(PENDING);
  readonly #logger = new Logger('EieModule');
  readonly #allowsHttp: AllowsHttp;
  #onForget: (policy: IssuerPolicy) => void = () => undefined;

  /** @param now seconds since the epoch */
  constructor(
    configured: readonly IssuerOptions[],
    private readonly source: IssuerSource | undefined,
    private readonly context: PolicyContext,
    private readonly now: () => number,
  ) {
    this.#allowsHttp = httpAllowed(context);
    this.#configured = new Map(configured.map(options => [options.issuer, this.#known(options)]));
  }

  /**
   * @param issuer the `iss` of an unverified token
   * @param from who asks: nobody may use up what the source can be asked at one time
   * @throws EieError `issuer_unknown`; `issuer_unavailable` when the source fails; `limit_reached`
   */
  async find(issuer: unknown, from: ShareHolder): Promise<IssuerPolicy> {
    const known =
      typeof issuer === 'string' ? (this.#configured.get(issuer) ?? (await this.#ask(issuer, from))) : undefined;
    if (!known) throw unknownIssuer(issuer, [...this.#configured.keys()]);
    return known;
  }

  /** The configured issuer of this name, if there is one. */
  configured(issuer: string): IssuerPolicy | undefined {
    return this.#configured.get(issuer);
  }

  /** Calls `listener` with each policy that is no longer used: it changed, it was evicted, or the application stops. */
  onForget(listener: (policy: IssuerPolicy) => void): void {
    this.#onForget = listener;
  }

  close(): void {
    for (const policy of this.#configured.values()) this.#onForget(policy);
    this.#answers.clear();
  }

  #isAskable(issuer: string): boolean {
    return isIdentifier(issuer) || this.#allowsHttp(issuer, 'issuer');
  }

  async #ask(issuer: string, from: ShareHolder): Promise<IssuerPolicy | undefined> {
    if (!this.source || issuer.length > MAX_IDENTIFIER || !this.#isAskable(issuer)) return undefined;
    const last = this.#answers.get(issuer);
    if (last && isFresh(last.at, ASK_AGAIN, this.now())) return last.policy;
    if (isFresh(this.#unknown.get(issuer) ?? -Infinity, ASK_AGAIN, this.now())) return undefined;
    const asked = this.#pending.get(issuer);
    if (asked) return asked;
    // Invented issuers must not delay those that are known.
    const release = last ? () => undefined : this.#shares.lease(from);
    if (!release) throw new EieError('limit_reached');
    const lookUp = this.#answer(this.source, issuer, last).finally(() => {
      release();
      this.#pending.delete(issuer);
    });
    this.#pending.set(issuer, lookUp);
    return lookUp;
  }

  async #answer(source: IssuerSource, issuer: string, last: Answer | undefined): Promise<IssuerPolicy | undefined> {
    try {
      const found = await source.find(issuer);
      const options = found && readOptions(IssuerOptions, found, 'IssuerSource', { allowsHttp: this.#allowsHttp });
      // The edge takes headers off each request before it is known whose token they carry.
      if (options?.tokenHeader) throw new Error('"tokenHeader" is for issuers that are configured one by one.');
      const at = this.now();
      if (options?.issuer !== issuer) {
        this.#answers.delete(issuer);
        this.#unknown.set(issuer, at);
        return undefined;
      }
      const said = digest(JSON.stringify(options));
      // An unchanged answer keeps its policy, and so the keys that were fetched.
      if (last?.said === said) {
        this.#answers.set(issuer, { ...last, at }, { noDisposeOnSet: true });
        return last.policy;
      }
      const known = this.#known(options);
      this.#answers.set(issuer, { said, policy: known, at });
      return known;
    } catch (error) {
      this.#logger.error(`The issuer source failed: ${error instanceof Error ? error.message : 'no error was given'}`);
      throw new EieError('issuer_unavailable');
    }
  }

  #known(options: IssuerOptions): IssuerPolicy {
    return policyOf(options, this.context);
  }
}
