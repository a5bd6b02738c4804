import { ValidateBy } from 'class-validator';
import { IdentityProvider } from './identity-provider.js';
import { type IssuerOptions } from './issuer.options.js';

/** What {@link inboundIssuer} returns. It is opaque, and no name: no issuer can be called like it. */
export class InboundIssuer {
  readonly #providers: readonly string[];

  /** @internal */
  constructor(providers: readonly string[]) {
    this.#providers = Object.freeze([...providers]);
    Object.freeze(this);
  }

  /** @internal */
  static isInbound(value: unknown): value is InboundIssuer {
    return typeof value === 'object' && value !== null && #providers in value;
  }

  /** @internal The kinds of issuers that are meant; none: every kind. */
  static providersOf(inbound: InboundIssuer): readonly string[] {
    return inbound.#providers;
  }

  /** @internal Whether this issuer is of a kind that is meant. */
  static suits(inbound: InboundIssuer, { provider }: Pick<IssuerOptions, 'provider'>): boolean {
    const names = inbound.#providers;
    return !names.length || (IdentityProvider.isProvider(provider) && names.includes(provider.name));
  }
}

/**
 * As `issuer` of a target: its tokens come from the issuer that the actor of each call is from, whichever of `issuers` that is. It is taken
 * from the verified token, never from what a model or a tool says. This server must be a client there: by `client` of the issuer, or by
 * `ports.clients`.
 *
 * It does NOT make another issuer acceptable: only what `issuers` accepts can be an actor's.
 *
 * @param providers the kinds of issuers that are meant, by the names of their presets. An actor of another kind is refused with
 * `target_issuer_refused`. Default: every kind
 * @example orders_api: { mode: 'on_behalf_of', issuer: inboundIssuer('entraId'), … }
 */
export function inboundIssuer(...providers: string[]): InboundIssuer {
  return new InboundIssuer(providers);
}

/** The name of an issuer, or {@link inboundIssuer}. */
export const IsTargetIssuer = (message: string): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isTargetIssuer',
      validator: { validate: value => typeof value === 'string' || InboundIssuer.isInbound(value) },
    },
    { message },
  );
