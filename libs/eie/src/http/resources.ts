import { type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { EieConfigurationError } from 'execution-identity';
import { spellingsOf, tenantIn } from 'execution-identity/internal';
import { ServerProfile } from '../configuration/server-profile.js';
import { metadataUrls } from './metadata-urls.js';

const RESOURCE = 'eie:resource';

/** By which tokens are for this server. */
export interface OwnAudiences {
  includes(audience: string): boolean;
}

/** Gives a controller a resource identifier of its own, which is the audience of its tokens. */
export function declareResource(controller: Type, resource: string): void {
  Reflect.defineMetadata(RESOURCE, resource, controller);
}

/** The identifiers of this server (RFC 8707): that of the application, and those of routes that have their own. */
@Injectable()
export class Resources {
  /** Of the application. */
  readonly main: string;
  readonly #further: string[] = [];

  constructor(@Inject(ServerProfile) private readonly profile: ServerProfile) {
    this.main = profile.resource;
  }

  /** Every audience by which a token may be for this server, in each of its spellings, and of every tenant. */
  get audiences(): OwnAudiences {
    const names = [this.main, ...this.#further, ...this.profile.audiences].flatMap(spellingsOf);
    const { tenantAudiences } = this.profile;
    return {
      includes: one => names.includes(one) || tenantAudiences.some(template => tenantIn(template, one) !== undefined),
    };
  }

  /** Grows while the application is built. */
  get further(): readonly string[] {
    return this.#further;
  }

  /**
   * A resource without a path is always refused, so that none is another one in its other spelling.
   *
   * @throws EieConfigurationError when its metadata would have the same address as that of another resource
   */
  add(resource: string): void {
    if (resource === this.main || this.#further.includes(resource)) return;
    const { root } = metadataUrls(this.main);
    const other = [this.main, ...this.#further].find(one => metadataPath(one) === metadataPath(resource));
    if (other !== undefined || metadataPath(resource) === new URL(root).pathname) {
      throw new EieConfigurationError(
        `The resource ${resource} has its metadata where ${other ?? this.main} has it: give it a path of its own.`,
      );
    }
    this.#further.push(resource);
  }

  /** The resource that a request is for. */
  of(context: ExecutionContext): string {
    return (Reflect.getMetadata(RESOURCE, context.getClass()) as string | undefined) ?? this.main;
  }
}

const metadataPath = (resource: string): string => new URL(metadataUrls(resource).pathAware).pathname;
