import { type KeyObject } from 'node:crypto';
import { compositeKey } from '../composite-key.js';
import { EieConfigurationError, EieError } from '../errors.js';
import { type Finding } from '../finding.js';
import { type Clock } from '../ports/clock.js';
import { type Fetch } from '../ports/fetch.js';
import { type ParsedJws } from './compact-jws.js';
import { DocumentFailure, fetchStrictJson } from './fetch-json.js';
import { isHttpUrl, isIdentifier } from './identifier.js';
import { KeySet, selectKey } from './jwk-set.js';

/** Where the public keys of one issuer come from. */
export interface KeySource {
  /** @throws EieError `key_unknown`, `issuer_unavailable` */
  find(header: ParsedJws['header']): Promise<KeyObject>;
  /** Whether a key that was found is one of the issuer's still, as far as is known. */
  holds(key: KeyObject): boolean;
  /**
   * For health checks, as often as anybody asks: it fetches where `find` would, and no more often. It waits for a fetch only while there
   * are no usable keys, and never rejects. A source of your own may leave it out.
   */
  state?(): Promise<KeyState>;
}

/** What is known of the keys of one issuer. Times are in seconds. */
export interface KeyState {
  /** Whether tokens of the issuer can be verified now. */
  readonly isUsable: boolean;
  /** Since the keys were fetched. Absent where they never were, and for keys of the configuration. */
  readonly age?: number;
  /** For which these keys are still believed if the issuer cannot be reached. Likewise. */
  readonly usableFor?: number;
  /** Whether the last fetch has failed. */
  readonly isIssuerAway: boolean;
}

/** What a remote source depends on. */
export interface KeySourceIo {
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Default `Date.now`. */
  readonly clock?: Clock;
  /** From 0 to 1: spreads retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Seconds for which known keys are believed while the issuer cannot be reached: at least 600. Default 86400. */
  readonly maxKeyAge?: number;
  /**
   * Seconds after which one more unknown `kid` causes a fetch, from 1 to 30. Default 30. Shorter only where issuers are restarted all the
   * time, such as while somebody develops: each of these fetches is one that a sender of made-up tokens causes.
   */
  readonly restAfterUnknownKeys?: number;
}

/** Seconds. A key that the issuer withdraws is refused after at most this time, while the issuer can be reached. */
const FRESH = 600;
const [REFRESH_AHEAD, MAX_KEY_AGE] = [480, 86_400];
/** Seconds between fetches that unknown `kid`s cause, once they have caused a few. */
const [MISS_REST, SHORTEST_MISS_REST] = [30, 1];
/** So many at once: an issuer that keeps its keys in memory may be started again several times. */
const MISSES_AT_ONCE = 3;
const MAX_MISSES = 1_000;
const [FIRST_RETRY, LAST_RETRY] = [0.1, 15];
const NO_URL = 'remoteKeys() needs the URL of a JWK Set: is a variable of the environment missing?';
const IN_THE_CLEAR =
  'remoteKeys() reads keys over https, or on loopback: whoever is between could write keys of their own, and be everybody. Where the network itself encrypts, give a function that returns the URL.';
const NO_NUMBER =
  'remoteKeys(): maxKeyAge and restAfterUnknownKeys must be numbers of seconds: is a variable of the environment missing?';

function assertLocation(url: unknown): void {
  if (!isHttpUrl(url)) throw new EieConfigurationError(NO_URL);
  if (!isIdentifier(url)) throw new EieConfigurationError(IN_THE_CLEAR);
}

/**
 * Keys published at a JWK Set URL.
 *
 * - Fresh for 10 minutes, and fetched again in the background from minute 8 on.
 * - While the issuer cannot be reached, or serves nothing usable, the keys it had are believed for a day, or `maxKeyAge`; it is asked
 *   again after 0.1 s, and then ever later up to 15 s.
 * - Unknown `kid`s cause at most three fetches, and after that one in 30 s, or `restAfterUnknownKeys`. The same `kid` and `alg` cause another one only while
 *   all three are free, so that it takes none from others: behind one URL may be several servers, and not each has a new key at once.
 * - Concurrent callers share one fetch.
 * - When the clock is set back, the keys are fetched again, and believed meanwhile.
 *
 * @param locate the URL, or how to learn it from the metadata of the issuer. What a function returns is called over http too
 * @throws EieConfigurationError for what is no URL, for http beyond loopback, and for a time that is no number: keys would be believed for ever
 * @example remoteKeys('https://login.example/jwks')
 */
export function remoteKeys(
  locate: string | (() => Promise<string>),
  {
    fetch: fetcher = fetch,
    clock = Date.now,
    random = Math.random,
    maxKeyAge = MAX_KEY_AGE,
    restAfterUnknownKeys = MISS_REST,
  }: KeySourceIo = {},
): KeySource {
  if (typeof locate !== 'function') assertLocation(locate);
  if (![maxKeyAge, restAfterUnknownKeys].every(Number.isFinite)) throw new EieConfigurationError(NO_NUMBER);
  const missRest = Math.min(Math.max(restAfterUnknownKeys, SHORTEST_MISS_REST), MISS_REST);
  const stale = Math.max(maxKeyAge, FRESH);
  const now = (): number => clock() / 1000;
  let keys: KeySet | undefined;
  let fetchedAt = -Infinity;
  let attemptedAt = -Infinity;
  let retryAt = -Infinity;
  let failures = 0;
  let finding: Finding = {};
  let inFlight: Promise<void> | undefined;
  let allowance = MISSES_AT_ONCE;
  let allowedAt = now();
  const misses = new Set<string>();

  async function load(): Promise<void> {
    attemptedAt = now();
    try {
      const url = typeof locate === 'string' ? locate : await locate();
      const document = await fetchStrictJson(url, fetcher);
      const found = KeySet.from(document);
      if (!found) throw new DocumentFailure({ url, status: 'no usable key', fix: KeySet.whyNone(document) }, false);
      keys = found;
      fetchedAt = now();
      failures = 0;
      misses.clear();
    } catch (error) {
      finding = error instanceof DocumentFailure ? error.finding : {};
      const rest = Math.min(FIRST_RETRY * 2 ** failures++, LAST_RETRY);
      retryAt = now() + rest * (0.5 + random() / 2);
    }
  }

  /** Never rejects: `keys` and `fetchedAt` show whether it succeeded. */
  function refresh(): Promise<void> {
    inFlight ??= load().finally(() => (inFlight = undefined));
    return inFlight;
  }

  /** When the clock was set back, keys would stay fresh and retries would wait until the clock has caught up. */
  function noticeSetback(): void {
    if (now() >= Math.max(attemptedAt, fetchedAt)) return;
    fetchedAt = Math.min(fetchedAt, now() - REFRESH_AHEAD - 1);
    retryAt = -Infinity;
  }

  /** The fetch that is due or under way, if there is one. */
  function renewed(): Promise<void> | undefined {
    const isDue = now() - fetchedAt > REFRESH_AHEAD && (now() >= retryAt || inFlight);
    return isDue ? refresh() : undefined;
  }

  /** Waits for a fetch only where there are no usable keys, or where it is not yet known that the issuer is down. */
  async function upToDate(): Promise<KeySet> {
    const age = now() - fetchedAt;
    const attempt = renewed();
    if (attempt && (age > stale || (age > FRESH && failures === 0))) await attempt;
    if (!keys || now() - fetchedAt > stale) throw new EieError('issuer_unavailable', { finding });
    return keys;
  }

  async function state(): Promise<KeyState> {
    noticeSetback();
    const attempt = renewed();
    if (now() - fetchedAt > stale) await attempt;
    const age = Math.floor(now() - fetchedAt);
    const times = keys && { age, usableFor: Math.max(0, stale - age) };
    return { isUsable: now() - fetchedAt <= stale, isIssuerAway: failures > 0, ...times };
  }

  function allowsMiss(isKnown: boolean): boolean {
    allowance = Math.min(MISSES_AT_ONCE, allowance + Math.max(0, now() - allowedAt) / missRest);
    allowedAt = now();
    if (allowance < (isKnown ? MISSES_AT_ONCE : 1) || now() < retryAt) return false;
    allowance--;
    return true;
  }

  return {
    async find(header) {
      noticeSetback();
      const known = await upToDate();
      const key = known.select(header);
      if (key) return key;
      const miss = compositeKey(header.kid, header.alg);
      if (inFlight || allowsMiss(misses.has(miss))) {
        await refresh();
        // A fetch that failed says nothing: a new key would be refused for minutes.
        if (failures === 0 && misses.size < MAX_MISSES) misses.add(miss);
      }
      return selectKey(keys ?? known, header);
    },
    holds: key => keys?.holds(key) ?? false,
    state,
  };
}
