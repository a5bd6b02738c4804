import { LRUCache } from 'lru-cache';
import { IssuerSource } from '../options/issuer-source.js';
import { type IssuerOptions } from '../options/issuer.options.js';

/** Scopes that belong to no API: OpenID Connect Core §5.4 and §11. */
const OF_NO_API = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

const CAPACITY = 1_000;

/** What issuers of a source say, by the option `issuers` that holds the source. */
const sourced = new WeakMap<object, LRUCache<string, string>>();

/** @param issuers the option that holds the source */
export function noteScopePrefix(issuers: object, { issuer, scopePrefix }: IssuerOptions): void {
  const prefixes = sourced.get(issuers) ?? new LRUCache<string, string>({ max: CAPACITY });
  sourced.set(issuers, prefixes);
  if (scopePrefix === undefined) prefixes.delete(issuer);
  else prefixes.set(issuer, scopePrefix);
}

/**
 * How scopes are asked for. An issuer that knows a scope by the API that it belongs to, such as Entra ID, writes `Orders.Write` into its tokens
 * and wants `api://<id>/Orders.Write` in a request. Handlers name the first, challenges and metadata the second. Of an issuer that only a source
 * knows, it is known once a token of it has been verified.
 */
export class ScopeWords {
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #named: object;

  constructor(issuers: readonly (IssuerOptions | IssuerSource)[]) {
    this.#prefixes = new Map(
      issuers.flatMap(one =>
        one instanceof IssuerSource || one.scopePrefix === undefined ? [] : [[one.issuer, one.scopePrefix] as const],
      ),
    );
    this.#named = issuers;
    Object.freeze(this);
  }

  /** As this issuer is asked for them. A scope that is a URL already, and those of OpenID Connect, stay as they are. */
  at(issuer: string, scopes: readonly string[]): readonly string[] {
    const prefix = this.#prefixes.get(issuer) ?? sourced.get(this.#named)?.get(issuer);
    if (prefix === undefined) return scopes;
    return scopes.map(scope => (scope.includes('://') || OF_NO_API.includes(scope) ? scope : `${prefix}${scope}`));
  }

  /** As each of these issuers is asked for them, for a client that has not chosen one yet. */
  atEach(issuers: readonly string[], scopes: readonly string[]): readonly string[] {
    return issuers.length ? [...new Set(issuers.flatMap(issuer => this.at(issuer, scopes)))] : scopes;
  }
}
