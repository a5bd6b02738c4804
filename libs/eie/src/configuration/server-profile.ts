import { ScopeHierarchy } from 'execution-identity';
import { isIdentifier, isIssuerName } from 'execution-identity/internal';
import { type KeyRing } from 'execution-identity/internal/seal';
import {
  type AuthorizationOptions,
  type RouteOptions,
  type UnregisteredAgents,
} from '../options/authorization.options.js';
import { type AllowsHttp, type InsecureHttpOptions } from '../options/insecure-http.js';
import { type LimitsOptions } from '../options/eie.options.js';
import { IssuerSource } from '../options/issuer-source.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type BoundaryPortsOptions } from '../options/boundary-ports.options.js';
import { type ProcessOptions } from '../options/process.options.js';
import { signalRoutes } from '../options/signal-defaults.js';
import { type TargetOptions } from '../options/target.options.js';
import { httpAllowed } from './http-allowed.js';
import { deepFreeze } from './deep-freeze.js';
import { unusualIn } from './unusual.js';
import { ScopeWords } from './scope-words.js';
import { TokenHeaders } from './token-headers.js';

/** What `EieModule` and `EieReceiverModule` are both configured with. */
export interface ServerOptions extends ProcessOptions {
  readonly ports?: BoundaryPortsOptions;
  readonly resource: string;
  readonly issuers: readonly (IssuerOptions | IssuerSource)[];
  readonly targets?: Readonly<Record<string, TargetOptions>>;
  readonly authorization?: AuthorizationOptions;
  readonly limits?: LimitsOptions;
  /** The keys of `signing`, read. A server that seals nothing has none. */
  readonly keys?: KeyRing | undefined;
}

/** Seconds. */
const ENVELOPE_LIFETIME = 300;
/** Seconds. */
const CALL_DEADLINE = 300;

/** How this server is configured, as far as other code may know it. Nothing in it is secret, and nobody can change it. */
export class ServerProfile {
  /** The identifier of this server: RFC 8707. */
  readonly resource: string;
  readonly scopesSupported: readonly string[];
  readonly scopeWords: ScopeWords;
  readonly scopeHierarchy: ScopeHierarchy;
  /** Every scope of this server, where the application says so. */
  readonly scopeCatalogue: readonly string[] | undefined;
  /** The scopes that the hierarchy names. */
  readonly impliedScopes: readonly string[];
  /** In lower case: the headers beside `Authorization` in which tokens of some issuer arrive. */
  readonly tokenHeaders: readonly string[];
  readonly routes: readonly Readonly<RouteOptions>[];
  readonly unregisteredAgents: Readonly<UnregisteredAgents>;
  /** Names of input fields that look like an identity, beside those that the library knows. */
  readonly identityFields: readonly string[];
  /** Whether a proxy says which certificate a client has (RFC 8705). */
  readonly acceptsCertificates: boolean;
  /** Whether an answer says where its outcome is on the audit log. */
  readonly namesRecords: boolean;
  /** In lower case: the header in which it says so. */
  readonly certificateHeader: string | undefined;
  /** Seconds. */
  readonly envelopeLifetime: number;
  /** Seconds. */
  readonly callDeadline: number;
  /** The public keys that verify what this server seals: RFC 7517. A server that seals nothing has none. */
  readonly jwks: KeyRing['jwks'] | undefined;
  /** What a reviewer would ask about: said at the start of the application. */
  readonly unusual: readonly string[];
  /** Hosts beyond loopback that are called over http. */
  readonly insecureHosts: readonly Readonly<InsecureHttpOptions>[];
  readonly #allowsHttp: AllowsHttp;
  readonly #issuers: ServerOptions['issuers'];

  /**
   * @param acceptsDpop whether tokens that are bound to a key are taken with their proof: RFC 9449
   * @param recordedAs how the audit log names this server
   */
  constructor(
    options: ServerOptions,
    readonly acceptsDpop: boolean,
    readonly recordedAs: string,
  ) {
    const { resource, issuers, authorization = {}, limits = {}, ports, keys, audit } = options;
    const {
      scopesSupported = [],
      scopeHierarchy,
      scopeCatalogue,
      routes = [],
      unregisteredAgents = 'allow',
      identityFields = [],
      signals = {},
    } = authorization;
    this.resource = resource;
    this.namesRecords = audit?.namesRecords ?? false;
    this.acceptsCertificates = authorization.proofOfPossession?.clientCertificate !== undefined;
    this.certificateHeader = authorization.proofOfPossession?.clientCertificate?.header.toLowerCase();
    this.scopesSupported = Object.freeze([...scopesSupported]);
    this.scopeWords = new ScopeWords(issuers);
    this.scopeHierarchy = new ScopeHierarchy(scopeHierarchy);
    this.scopeCatalogue = scopeCatalogue && Object.freeze([...scopeCatalogue]);
    this.impliedScopes = Object.freeze(Object.entries(scopeHierarchy ?? {}).flat(2));
    this.routes = Object.freeze([...routes, ...signalRoutes(signals)].map(route => Object.freeze({ ...route })));
    this.unregisteredAgents =
      typeof unregisteredAgents === 'string'
        ? unregisteredAgents
        : Object.freeze({ scopes: [...unregisteredAgents.scopes] });
    this.identityFields = Object.freeze([...identityFields]);
    this.envelopeLifetime = limits.envelopeLifetime ?? ENVELOPE_LIFETIME;
    this.callDeadline = limits.callDeadline ?? CALL_DEADLINE;
    this.jwks = keys && deepFreeze(keys.jwks);
    this.unusual = Object.freeze(unusualIn(options));
    this.tokenHeaders = Object.freeze([...new TokenHeaders(issuers).names]);
    this.insecureHosts = Object.freeze((ports?.dangerouslyAllowHttp ?? []).map(one => Object.freeze({ ...one })));
    this.#allowsHttp = httpAllowed({ ...(ports && { ports }) });
    this.#issuers = issuers;
    Object.freeze(this);
  }

  /** The audiences of configured issuers whose tokens name something else than the resource. */
  get audiences(): readonly string[] {
    return this.#issuers.flatMap(one => (one instanceof IssuerSource ? [] : (one.audience ?? [])));
  }

  /** The audiences in which a segment stands for the tenant. */
  get tenantAudiences(): readonly string[] {
    return this.#issuers.flatMap(one => (one instanceof IssuerSource ? [] : (one.tenantAudience ?? [])));
  }

  /** Whether this issuer is configured, or may be known to an issuer source. */
  mayKnow(issuer: string): boolean {
    return this.#issuers.some(one => one instanceof IssuerSource || one.issuer === issuer);
  }

  /** Whether an issuer source is asked about this `iss`, which no token has proven. */
  mayAskFor(issuer: unknown): boolean {
    const isConfigured = this.#issuers.some(one => !(one instanceof IssuerSource) && one.issuer === issuer);
    return isIssuerName(issuer) && !isConfigured && this.mayKnow(issuer as string);
  }

  /** Whether tokens of this issuer are accepted: by the configuration, or by an issuer source at this moment. */
  async accepts(issuer: string): Promise<boolean> {
    for (const one of this.#issuers)
      if (one instanceof IssuerSource ? await one.find(issuer) : one.issuer === issuer) return true;
    return false;
  }

  /**
   * Whether a token that is not bound to a key by DPoP is of no use here, whichever issuer it is from.
   *
   * @param of the issuers of one route; default: all
   */
  requiresDpop(of?: readonly string[]): boolean {
    const issuers = this.#issuers.filter(one => one instanceof IssuerSource || !of || of.includes(one.issuer));
    return this.acceptsDpop && issuers.every(one => !(one instanceof IssuerSource) && one.dpop === 'required');
  }

  /**
   * What the protected resource metadata names as authorization servers (RFC 9728): the issuers at which a client can look something up. A
   * client gets no token of an issuer with a header of its own: the proxy in front of this server does.
   */
  get authorizationServers(): readonly string[] {
    return this.#issuers
      .flatMap(one => (one instanceof IssuerSource ? one.advertised : one.tokenHeader ? [] : [one.issuer]))
      .filter(one => isIdentifier(one) || this.#allowsHttp(one, 'issuer'));
  }
}
