import { LRUCache } from 'lru-cache';
import { compositeKey, isIdentifier, IssuerMetadata } from 'execution-identity/internal';
import { httpAllowed } from '../configuration/http-allowed.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { unaccompanied } from '../telemetry/without.js';

const CAPACITY = 1_000;

/** What the issuers of one server say of themselves, fetched once for their keys and for their endpoints. */
export class IssuerDocuments {
  readonly #known = new LRUCache<string, IssuerMetadata>({ max: CAPACITY });
  readonly #isAllowed: (url: unknown) => boolean;
  readonly #ports: NonNullable<ServerOptions['ports']>;

  constructor({ ports = {} }: Pick<ServerOptions, 'ports'>) {
    this.#ports = ports;
    const allowsHttp = httpAllowed({ ports });
    this.#isAllowed = url => isIdentifier(url) || allowsHttp(url, 'issuer');
  }

  of({ issuer, metadata }: Pick<IssuerOptions, 'issuer' | 'metadata'>): IssuerMetadata {
    const url = typeof metadata === 'string' && metadata !== 'discovery' ? metadata : undefined;
    const key = compositeKey(issuer, url);
    const { fetch: fetcher = fetch, clock = Date.now } = this.#ports;
    const found =
      this.#known.get(key) ??
      new IssuerMetadata(issuer, {
        fetch: unaccompanied(fetcher),
        clock,
        isAllowed: this.#isAllowed,
        ...(url !== undefined && { url }),
      });
    this.#known.set(key, found);
    return found;
  }
}

const documents = new WeakMap<object, IssuerDocuments>();

/** Those of the server with these options: the boundary and the delegation service share them. */
export function documentsOf(options: Pick<ServerOptions, 'ports'>): IssuerDocuments {
  const found = documents.get(options) ?? new IssuerDocuments(options);
  documents.set(options, found);
  return found;
}
