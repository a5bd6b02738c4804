import { Inject, Injectable } from '@nestjs/common';
import { DocumentFailure, fetchStrictJson, isHttpUrl, KeySet } from 'execution-identity/internal';
import { kindOf } from '../configuration/facts/described.js';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { IssuerSource, partition } from '../options/issuer-source.js';
import { exchangeFinding, type ExchangeMetadata } from './exchange-finding.js';
import { type Finding } from './finding.js';
import { IssuerDocuments } from './issuer-documents.js';

/** The issuers at which the targets of an application exchange tokens. */
export interface ExchangingIssuers {
  readonly issuers: ReadonlySet<string>;
  /** Of `inboundIssuer()`: every issuer, or those of these presets. */
  readonly presets: ReadonlySet<string> | 'every';
}

/** What an answer of an issuer tells beside what it is read for. */
interface Observed {
  /** Milliseconds. */
  date?: number;
  grants?: readonly unknown[];
}

/** Seconds: what `iat` and `nbf` may be ahead. */
const SKEW = 30;

/** Whose keys are asked for: an issuer, or a server that seals Txn-Tokens. */
interface KeyOwner {
  readonly issuer: string;
  readonly jwksUri?: string;
  readonly jwks?: unknown;
  readonly algorithms?: readonly string[];
}
type Options = ServerOptions & { readonly trust?: { readonly issuers: readonly KeyOwner[] } };

/**
 * Asks each configured issuer what this server needs of it: its metadata, its keys, its clock, and token exchange; and those whose Txn-Tokens a
 * receiver believes for their keys. Only public documents are fetched: no secret of this server is sent. It does NOT ask issuers that only a source knows.
 */
@Injectable()
export class IssuerExamination {
  readonly #options: Options;

  constructor(@Inject(EieConfiguration) configuration: EieConfiguration<Options>) {
    this.#options = optionsOf(configuration);
  }

  /** @param exchanging the issuers at which tokens are exchanged, by name, or by the name of the preset that an issuer is of */
  async findings(exchanging: ExchangingIssuers): Promise<Finding[]> {
    const { issuers, trust, ports = {} } = this.#options;
    const { configured } = partition(issuers);
    const found = await Promise.all([
      ...configured.map(one => this.#of(one, isAmong(exchanging, one))),
      ...(trust?.issuers ?? []).map(one => keyFinding(one, one.jwksUri, ports.fetch ?? fetch)),
    ]);
    return [...found.flat(), ...issuers.filter(one => one instanceof IssuerSource).map(unexamined)];
  }

  async #of(one: IssuerOptions, exchanges: boolean): Promise<Finding[]> {
    const observed: Observed = {};
    const fetcher = observing(this.#options.ports?.fetch ?? fetch, one.issuer, observed);
    const { finding, keysAt, exchange } = await this.#metadata(one, fetcher);
    const keys = await keyFinding(one, keysAt, fetcher);
    return [
      ...finding,
      ...keys,
      ...clockFinding(one, observed, this.#options.ports?.clock ?? Date.now),
      ...(exchanges
        ? [exchangeFinding(one, { ...exchange, ...(observed.grants && { grants: observed.grants }) })]
        : []),
    ];
  }

  async #metadata(one: IssuerOptions, fetcher: typeof fetch): Promise<Metadata> {
    const own = one.jwksUri === 'discovery' ? undefined : one.jwksUri;
    const isPublished = isHttpUrl(one.issuer) && typeof one.metadata !== 'object';
    if (!isPublished) {
      const { tokenEndpoint } = typeof one.metadata === 'object' ? one.metadata : {};
      const exchange = { isKnown: tokenEndpoint !== undefined, ...(tokenEndpoint !== undefined && { tokenEndpoint }) };
      return { finding: [], ...(own !== undefined && { keysAt: own }), exchange };
    }
    try {
      const document = new IssuerDocuments({ ports: { ...this.#options.ports, fetch: fetcher } }).of(one);
      const found = await document.find('jwks_uri');
      const tokenEndpoint = await document.find('token_endpoint');
      const keysAt = own ?? found;
      const message = `${one.issuer} is reached, and its metadata names it.`;
      return {
        finding: [{ check: 'issuer.metadata', level: 'ok', message }, ...missingKeys(one, keysAt)],
        ...(keysAt !== undefined && { keysAt }),
        exchange: { isKnown: true, ...(tokenEndpoint !== undefined && { tokenEndpoint }) },
      };
    } catch (error) {
      // Where keys are configured and nothing is asked for, nobody reads the metadata.
      const level = own === undefined || one.client ? 'error' : 'warning';
      return {
        finding: [failed('issuer.metadata', level, one.issuer, error)],
        ...(own !== undefined && { keysAt: own }),
        exchange: { isKnown: false },
      };
    }
  }
}

interface Metadata {
  readonly finding: Finding[];
  readonly keysAt?: string;
  readonly exchange: ExchangeMetadata;
}

const isAmong = ({ issuers, presets }: ExchangingIssuers, { issuer, provider }: IssuerOptions): boolean =>
  issuers.has(issuer) || presets === 'every' || (provider !== undefined && presets.has(provider.name));

const unexamined = (source: IssuerSource): Finding => ({
  check: 'issuer.source',
  level: 'warning',
  message: `The issuers that ${kindOf(source)} names are not examined: they are known when a token arrives.`,
  fix: 'Examine an application that has one of them among its "issuers".',
});

function missingKeys({ issuer, jwksUri }: IssuerOptions, keysAt: string | undefined): Finding[] {
  if (jwksUri !== 'discovery' || keysAt !== undefined) return [];
  const message = `The metadata of ${issuer} has no "jwks_uri" that can be used, so every token of it is refused.`;
  return [{ check: 'issuer.keys', level: 'error', message, fix: 'Give the address of its keys as "jwksUri".' }];
}

async function keyFinding(one: KeyOwner, url: string | undefined, fetcher: typeof fetch): Promise<Finding[]> {
  const check = 'issuer.keys';
  if (one.jwks && one.jwksUri === undefined)
    return [{ check, level: 'ok', message: `The keys of ${one.issuer} are configured.` }];
  if (url === undefined) return [];
  try {
    const document = await fetchStrictJson(url, fetcher);
    const keys = KeySet.from(document);
    if (!keys) {
      const message = `${url} has no public signature key that can be used.`;
      return [{ check, level: 'error', message, fix: KeySet.whyNone(document) }];
    }
    if (!one.algorithms || one.algorithms.some(alg => keys.has(alg)))
      return [{ check, level: 'ok', message: `${one.issuer} has published keys that can be used.` }];
    const message = `${one.issuer} has published no key for ${one.algorithms.join(', ')}. It has ${keys.names().join(', ')}.`;
    return [{ check, level: 'error', message, fix: 'Add what the issuer signs with to its "algorithms".' }];
  } catch (error) {
    return [failed(check, 'error', one.issuer, error)];
  }
}

function clockFinding({ issuer }: IssuerOptions, { date }: Observed, clock: () => number): Finding[] {
  const check = 'clock';
  if (date === undefined) {
    const message = `Nothing that was asked of ${issuer} says what time it is there: the clock of this machine is not compared.`;
    return [{ check, level: 'warning', message, fix: 'See that this machine synchronises its clock.' }];
  }
  const seconds = Math.round(Math.abs(clock() - date) / 1000);
  if (seconds <= SKEW) return [{ check, level: 'ok', message: `The clock agrees with that of ${issuer}.` }];
  const message = `The clock of this machine and that of ${issuer} are ${seconds} seconds apart.`;
  return [{ check, level: 'error', message, fix: 'Synchronise the clock: tokens would be refused, or live too long.' }];
}

function failed(check: string, level: Finding['level'], issuer: string, error: unknown): Finding {
  const failure = error instanceof DocumentFailure ? error : undefined;
  const { claim, url, status, fix, expected, received } = failure?.finding ?? {};
  const named = received === undefined ? 'no "issuer"' : JSON.stringify(received);
  const what = claim === 'iss' ? `(it names ${named}, not ${String(expected)})` : `(${status ?? 'no usable answer'})`;
  return {
    check,
    level,
    message: `${issuer}: ${url ?? 'its document'} cannot be used ${what}.`,
    // Where nothing answers, what the document should say is no help.
    fix:
      (failure?.isOutage ? undefined : fix) ?? 'See that this machine reaches the issuer, and that the URL is right.',
  };
}

/** A fetch that notes what the answers of an issuer tell beside their purpose. */
const observing =
  (fetcher: typeof fetch, issuer: string, observed: Observed): typeof fetch =>
  async (input, init) => {
    const response = await fetcher(input, init);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) observed.date ??= date;
    const document = (await response
      .clone()
      .json()
      .catch(() => undefined)) as { issuer?: unknown; grant_types_supported?: unknown } | undefined;
    if (document?.issuer === issuer && Array.isArray(document.grant_types_supported))
      observed.grants = document.grant_types_supported;
    return response;
  };
