import { type AccessToken, type AdmittedIdentity, type Diagnostics, type IssuerPolicy } from 'execution-identity';
import {
  checkTokenType,
  type ClaimPath,
  claimMatches,
  readClaims,
  readIntrospection,
  revocableIdentity,
  secondsOf,
  valueAt,
} from 'execution-identity/internal';
import { admittedAs, suppose } from 'execution-identity/internal/admit';
import { type ServerOptions } from '../configuration/server-profile.js';
import { type Resources, type RouteResource } from '../http/resources.js';
import { AgentDirectory } from '../issuers/agent-directory.js';
import { type IssuerDirectory } from '../issuers/issuer-directory.js';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { assertMeant } from './assert-meant.js';
import { trustedIssuers } from './trusted-issuers.js';

type Claims = Readonly<Record<string, unknown>>;

/** What an access token would say, and where it would come. */
export interface SupposedToken {
  readonly claims: Claims;
  /** The client that it would be of, in place of the one that the claims name. */
  readonly clientId?: string | undefined;
  /** `undefined` for the application. */
  readonly route: RouteResource | undefined;
}

/** Seconds for which a token lives that does not say how long. */
const LIFETIME = 300;
/** Who asks the sources of issuers and agents. */
const NOBODY = ['dry run'];

/** Whether the claims are what an issuer says of an opaque token (RFC 7662 §2.2). */
const isIntrospection = (claims: Claims): boolean => 'active' in claims;

/** The times that are taken to be those of a token issued now, because the claims do not have them. An opaque token without `iat` has none. */
export const assumedTimes = (claims: Claims): readonly string[] =>
  (isIntrospection(claims) ? ['exp'] : ['iat', 'exp']).filter(name => valueAt(claims, name) === undefined);

/**
 * Admits claims as the boundary admits the token that has them, for a dry run: issuer, claims policy, audience of the route, agent, revocation.
 * Where the issuer has an `accessTokenClaim`, the claims must have it, as if the token had no `typ`. It does
 * NOT look at a signature, a header of a token, or a proof of possession, and fetches no key. Nobody can act in what it admits: see `suppose()`.
 */
export class SupposedIdentities {
  readonly #issuers: IssuerDirectory;
  readonly #agents: AgentDirectory;
  /** Seconds since the epoch. */
  readonly #now: () => number;

  constructor(
    options: ServerOptions,
    private readonly parts: {
      readonly revocation: IdentityRevocation;
      readonly resources: Resources;
      readonly diagnostics: Diagnostics;
    },
  ) {
    this.#issuers = trustedIssuers(options, parts.resources, parts.diagnostics);
    this.#agents = new AgentDirectory(options.ports ?? {});
    this.#now = secondsOf(options.ports?.clock ?? Date.now);
  }

  /** @throws EieError saying which check failed, as for a token with these claims */
  async admit({ claims, clientId, route }: SupposedToken): Promise<AdmittedIdentity> {
    const policy = await this.#issuers.find(claims.iss, NOBODY);
    const now = this.#now();
    const ofClient = clientId === undefined ? claims : withClient(claims, clientId, policy);
    const token = readSupposed(ofClient, policy, now);
    assertMeant(token, policy, this.parts.resources, route);
    const identity = suppose(token, policy);
    const found = await this.#agents.find(identity, policy);
    const admitted = admittedAs(identity, found, policy);
    await this.parts.revocation.assertNotRevoked(revocableIdentity(admitted));
    return admitted;
  }
}

function readSupposed(claims: Claims, policy: IssuerPolicy, now: number): AccessToken {
  const timed = withTimes(claims, policy, now);
  if (isIntrospection(claims)) return readIntrospection({ ...timed, iat: valueAt(claims, 'iat') }, policy, now);
  // A header that is not there says nothing: the claim must.
  if (policy.accessTokenClaim) checkTokenType(undefined, claims, policy);
  return readClaims(timed, policy, now);
}

/** The same claims of another client, in the claim in which this issuer names it. */
function withClient(claims: Claims, clientId: string, { claims: paths, service }: IssuerPolicy): Claims {
  const isService = service !== undefined && claimMatches(service, claims);
  return withClaim(claims, (isService ? paths.service?.clientId : undefined) ?? paths.clientId, clientId);
}

function withClaim(claims: Claims, path: ClaimPath, value: string): Claims {
  const [name, ...rest] = [path].flat();
  const inner = valueAt(claims, name!);
  const isNested = typeof inner === 'object' && !Array.isArray(inner);
  return { ...claims, [name!]: rest.length ? withClaim(isNested ? (inner as Claims) : {}, rest, value) : value };
}

function withTimes(claims: Claims, { maxLifetime }: IssuerPolicy, now: number): Claims {
  const iat = valueAt(claims, 'iat') ?? now;
  const latest = typeof iat === 'number' ? iat + maxLifetime : Infinity;
  return { ...claims, iat, exp: valueAt(claims, 'exp') ?? Math.min(now + LIFETIME, latest) };
}
