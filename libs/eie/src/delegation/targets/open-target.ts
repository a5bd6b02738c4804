import { type OAuthClient } from '../../issuers/oauth-client.js';
import { type InboundIssuer } from '../../options/inbound-issuer.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { type Target } from './target.js';

/** What a target lacks until it is called: its issuer, this server as a client there, or both. */
export interface OpenTarget {
  /** The name of its issuer, or that of the actor. */
  readonly issuer: string | InboundIssuer;
  /** Its own, at a fixed issuer. */
  readonly client?: OAuthClient;
  /** The target as it is at this issuer. */
  complete(issuer: IssuerOptions, client: OAuthClient): Target;
}

const open = new WeakMap<Target, OpenTarget>();

/** Stores apart from the target what it needs to get tokens: with it, code could authenticate as this server. */
export function leaveOpen(target: Target, lacking: OpenTarget): void {
  open.set(target, lacking);
}

/** What the target lacks; `undefined` for one that can be called as it is. */
export function lackingOf(target: Target): OpenTarget | undefined {
  return open.get(target);
}
