import { type Clock } from '../ports/clock.js';
import { type Fetch } from '../ports/fetch.js';
import { DocumentFailure, fetchStrictJson } from './fetch-json.js';
import { isFresh } from './freshness.js';
import { isIdentifier, isLoopback } from './identifier.js';

/** What the metadata of an issuer is read for. */
export type IssuerEndpoint = 'jwks_uri' | 'token_endpoint' | 'introspection_endpoint';

export interface IssuerMetadataIo {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Where the document is, for an issuer whose name does not lead to it. */
  readonly url?: string;
  /** Which URLs may be called. Default: https, and http on loopback. A document from elsewhere over https names none of the latter. */
  readonly isAllowed?: (url: unknown) => boolean;
}

type Document = Readonly<Record<string, unknown>>;

/** Seconds for which a document is fresh, believed in an outage, and not asked for again once that failed. */
const [FRESH, STALE, REST] = [300, 86_400, 30];
/** Seconds, doubled with each failure up to {@link REST}: an issuer that starts at the same time is there soon. */
const FIRST_REST = 1;

const FIX =
  'Say where the metadata of this issuer is, as "metadata: <its URL>", or give "jwksUri" and "metadata: { tokenEndpoint }".';

/**
 * What one issuer says of itself, for its keys and its endpoints alike: OpenID Connect Discovery §4 and RFC 8414 §3, whose well-known name
 * stands behind the path of the issuer or before it. The issuer is the operator's, and its document must name that very issuer (RFC 8414
 * §3.3). Fetched when it is first needed, and again after five minutes; concurrent callers share one fetch. While it cannot be had again,
 * the document from before is believed for a day. Where there is none, it is asked for again after a second, and then ever later up to 30.
 */
export class IssuerMetadata {
  readonly #issuer: string;
  readonly #io: IssuerMetadataIo;
  #document: Document | undefined;
  /** Where it was. */
  #url: string | undefined;
  #fetchedAt = -Infinity;
  #failedAt = -Infinity;
  /** Since the last success. */
  #failures = 0;
  #failure: DocumentFailure | undefined;
  #inFlight: Promise<Document> | undefined;

  constructor(issuer: string, io: IssuerMetadataIo) {
    this.#issuer = issuer;
    this.#io = io;
  }

  /** @throws DocumentFailure for a document that cannot be had or names another issuer, and for an endpoint that is not in it */
  async urlOf(endpoint: IssuerEndpoint): Promise<string> {
    const url = await this.find(endpoint);
    if (url !== undefined) return url;
    throw new DocumentFailure(
      {
        claim: endpoint,
        fix: `The metadata of ${this.#issuer} has no "${endpoint}" with an https URL. ${FIX}`,
      },
      false,
    );
  }

  /**
   * The same, or `undefined` for an endpoint that is not there.
   *
   * @throws DocumentFailure for a document that cannot be had or names another issuer
   */
  async find(endpoint: IssuerEndpoint): Promise<string | undefined> {
    const { isAllowed = isIdentifier } = this.#io;
    const url = (await this.#current())[endpoint];
    return isAllowed(url) && !this.#leadsInside(url as string) ? (url as string) : undefined;
  }

  /** An issuer that is neither on this machine nor called over http has nothing to say of http services on this machine. */
  #leadsInside(endpoint: string): boolean {
    const called = new URL(endpoint);
    if (called.protocol !== 'http:' || !isLoopback(called)) return false;
    const from = [this.#issuer, this.#url ?? ''].filter(one => URL.canParse(one)).map(one => new URL(one));
    return from.every(one => one.protocol !== 'http:' && !isLoopback(one));
  }

  async #current(): Promise<Document> {
    const now = this.#io.clock() / 1000;
    const known = isFresh(this.#fetchedAt, STALE, now) ? this.#document : undefined;
    if (known && (isFresh(this.#fetchedAt, FRESH, now) || isFresh(this.#failedAt, REST, now))) return known;
    const rest = Math.min(FIRST_REST * 2 ** (this.#failures - 1), REST);
    if (!known && this.#failure && isFresh(this.#failedAt, rest, now)) throw this.#failure;
    this.#inFlight ??= this.#fetch().finally(() => (this.#inFlight = undefined));
    return this.#inFlight.catch((error: unknown) => {
      this.#failedAt = now;
      if (!known) throw error;
      return known;
    });
  }

  async #fetch(): Promise<Document> {
    const failures: DocumentFailure[] = [];
    let found: Document | undefined;
    for (const url of this.#urls()) {
      try {
        const document = await this.#documentAt(url);
        if (!found) this.#url = url;
        // What stands in the first counts. An issuer may name its keys in another form of its metadata alone.
        found = { ...document, ...found };
        if (typeof found.jwks_uri === 'string') break;
      } catch (error) {
        if (!(error instanceof DocumentFailure)) throw error;
        failures.push(error);
        // Who does not answer here does not answer at the other addresses of the same host either.
        if (typeof error.finding.status === 'string') break;
      }
    }
    if (found) {
      this.#document = found;
      this.#fetchedAt = this.#io.clock() / 1000;
      this.#failures = 0;
      return found;
    }
    this.#failures++;
    this.#failure = decisive(failures);
    throw this.#failure;
  }

  #urls(): Iterable<string> {
    if (this.#io.url !== undefined) return [this.#io.url];
    return new Set([...[this.#url ?? []].flat(), ...metadataUrlsOf(this.#issuer)]);
  }

  async #documentAt(url: string): Promise<Document> {
    const document = Object(await fetchStrictJson(url, this.#io.fetch)) as Document;
    if (document.issuer === this.#issuer) return document;
    throw new DocumentFailure(
      {
        claim: 'iss',
        expected: this.#issuer,
        received: document.issuer,
        url,
        fix: fixFor(document.issuer),
      },
      false,
    );
  }
}

/** @param named what the document names in place of the issuer */
function fixFor(named: unknown): string {
  if (typeof named !== 'string')
    return `The document names no "issuer" (RFC 8414 §2), so it is none of this issuer. ${FIX}`;
  return named.includes('{') ? OF_MANY : 'Configure the issuer as it is named there.';
}

const OF_MANY =
  'The document is that of many tenants, and a token names one of them: configure the issuer of each. For Entra ID there are entraId() and entraIdTenants().';

/** An outage, since the document may be behind it; else a document of another issuer; else where it was looked for first. */
function decisive(failures: readonly DocumentFailure[]): DocumentFailure {
  const found =
    failures.find(({ isOutage }) => isOutage) ?? failures.find(({ finding }) => finding.claim) ?? failures[0]!;
  return new DocumentFailure({ fix: FIX, ...found.finding }, found.isOutage);
}

function metadataUrlsOf(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const [openid, oauth] = ['.well-known/openid-configuration', '.well-known/oauth-authorization-server'];
  // The last one is in no specification. Okta has it for its authorization servers.
  return [
    `${origin}${path}/${openid}`,
    `${origin}/${oauth}${path}`,
    `${origin}/${openid}${path}`,
    `${origin}${path}/${oauth}`,
  ];
}
