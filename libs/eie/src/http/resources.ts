import { type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { EieConfigurationError } from 'execution-identity';
import { spellingsOf, tenantIn } from 'execution-identity/internal';
import { ServerProfile } from '../configuration/server-profile.js';
import { metadataUrls } from './metadata-urls.js';

const RESOURCE = 'eie:resource';
const ORIGINS = 'eie:allowed-origins';

/** By which tokens are for this server. */
export interface OwnAudiences {
  includes(audience: string): boolean;
  /** Whether an issuer source may know this `iss`: then only the source can say which audiences are ours. */
  mayComeFrom?(issuer: unknown): boolean;
}

/** What differs for the tokens of a route. */
export interface RouteTokens {
  /** What their `aud` must name. Default: the resource of the route. */
  readonly audience?: readonly string[];
  /** Whose they may be. Default: those of every issuer of the application. */
  readonly issuers?: readonly string[];
  /** What a new client should ask for. Default: as the application says. */
  readonly scopesSupported?: readonly string[];
}

/** A route with a resource identifier of its own (RFC 8707). */
export interface RouteResource extends RouteTokens {
  readonly resource: string;
}

/** Gives a controller a resource identifier of its own, and says which web pages may call it. */
export function declareResource(
  controller: Type,
  route: RouteTokens & { readonly resource?: string | undefined; readonly allowedOrigins?: readonly string[] },
): void {
  if (route.allowedOrigins) Reflect.defineMetadata(ORIGINS, route.allowedOrigins, controller);
  if (route.resource !== undefined) Reflect.defineMetadata(RESOURCE, route, controller);
}

/** The identifiers of this server (RFC 8707): that of the application, and those of routes that have their own. */
@Injectable()
export class Resources {
  /** Of the application. */
  readonly main: string;
  readonly #further: RouteResource[] = [];
  readonly #furtherAudiences: string[] = [];
  /** What was declared of a class, read once: an application has its routes before it serves requests. */
  readonly #routes = new Map<Type, RouteResource | undefined>();

  constructor(@Inject(ServerProfile) private readonly profile: ServerProfile) {
    this.main = profile.resource;
  }

  /** Every audience by which a token may be for this server, in each of its spellings, and of every tenant. */
  get audiences(): OwnAudiences {
    const names = [this.main, ...this.#routeNames(), ...this.#furtherAudiences, ...this.profile.audiences].flatMap(
      spellingsOf,
    );
    const { profile } = this;
    const { tenantAudiences } = profile;
    return {
      includes: one => names.includes(one) || tenantAudiences.some(template => tenantIn(template, one) !== undefined),
      mayComeFrom: issuer => profile.mayAskFor(issuer),
    };
  }

  /** Grows while the application is built. */
  get further(): readonly RouteResource[] {
    return this.#further;
  }

  /** What `aud` of the tokens of those routes names. Grows with them. */
  get furtherAudiences(): readonly string[] {
    return this.#furtherAudiences;
  }

  /**
   * A resource without a path is always refused, so that none is another one in its other spelling.
   *
   * @throws EieConfigurationError when its metadata would have the same address as that of another resource, when a token for it would open
   * another route, and for an issuer that is not configured
   */
  add(resource: string, { audience, issuers, scopesSupported }: RouteTokens = {}): void {
    const isOwn = resource !== this.main && !this.#routeNames().includes(resource);
    const special = Object.entries({ audience, issuers, scopesSupported }).find(
      ([, value]) => value !== undefined,
    )?.[0];
    if (!isOwn && special !== undefined)
      throw new EieConfigurationError(
        `The route with "${special}" needs a "resource" of its own: what holds for ${resource} is said in EieModule.`,
      );
    if (!isOwn) return;
    const { root } = metadataUrls(this.main);
    const other = [this.main, ...this.#routeNames()].find(one => metadataPath(one) === metadataPath(resource));
    if (other !== undefined || metadataPath(resource) === new URL(root).pathname) {
      throw new EieConfigurationError(
        `The resource ${resource} has its metadata where ${other ?? this.main} has it: give it a path of its own.`,
      );
    }
    const own = audience ?? [resource];
    const shared = own.find(one => this.audiences.includes(one));
    if (shared !== undefined)
      throw new EieConfigurationError(
        `The audience ${shared} of ${resource} is that of another route too, so that one token would open both: give each its own.`,
      );
    const unknown = issuers?.find(one => !this.profile.mayKnow(one));
    if (unknown !== undefined)
      throw new EieConfigurationError(
        `The issuer ${unknown} of ${resource} must be one of issuers[].issuer of EieModule.`,
      );
    this.#further.push({
      resource,
      ...(audience && { audience }),
      ...(issuers && { issuers }),
      ...(scopesSupported && { scopesSupported }),
    });
    this.#furtherAudiences.push(...own);
  }

  /** The least that a new client of a route, or of the application, should ask for, in the words of its issuers. */
  scopesSupported({ issuers, scopesSupported }: RouteTokens = {}): readonly string[] {
    const { profile } = this;
    return profile.scopeWords.atEach(
      profile.authorizationServers.filter(one => !issuers || issuers.includes(one)),
      scopesSupported ?? profile.scopesSupported,
    );
  }

  /** The resource that a request is for. */
  of(context: ExecutionContext): string {
    return this.routeOf(context)?.resource ?? this.main;
  }

  /** The route with a resource of its own that a request is for; `undefined` for the application. */
  routeOf(context: Pick<ExecutionContext, 'getClass'>): RouteResource | undefined {
    const type = context.getClass();
    if (!this.#routes.has(type))
      this.#routes.set(type, Reflect.getMetadata(RESOURCE, type) as RouteResource | undefined);
    return this.#routes.get(type);
  }

  /** The host names of the web pages that may call a route beside its own: `allowedOrigins`. */
  pagesOf(context: ExecutionContext): readonly string[] {
    return (Reflect.getMetadata(ORIGINS, context.getClass()) as readonly string[] | undefined) ?? [];
  }

  #routeNames(): string[] {
    return this.#further.map(({ resource }) => resource);
  }
}

const metadataPath = (resource: string): string => new URL(metadataUrls(resource).pathAware).pathname;
