import { type ClaimMatch, type ClaimPaths } from 'execution-identity';
import { type TargetGrant } from 'execution-identity/internal';
import { type ExchangeOptions } from '../../options/exchange.options.js';
import { type ActEvidence } from '../../options/target.options.js';

/**
 * A downstream service, configured by the operator, as it is for the actor's tenant. Nothing in it is secret. Of a target with a credential of
 * its own, which gets no token, what belongs to tokens is empty; so is what an open one lacks.
 */
export interface Target extends TargetGrant {
  readonly baseUrl: URL;
  readonly issuer: string;
  readonly resource: string;
  /** `aud` of its tokens. */
  readonly audience: string;
  /** This server at the issuer. */
  readonly clientId: string;
  /** How its tokens are requested from the issuer. */
  readonly exchange: Readonly<ExchangeOptions>;
  /** The claims of its tokens. */
  readonly claims: ClaimPaths;
  /** What shows that one of its tokens is a user's. */
  readonly user: ClaimMatch;
  readonly actEvidence: ActEvidence;
  /** The headers of a credential of its own, in lower case. */
  readonly ownHeaders?: readonly string[];
  readonly external: boolean;
  /** Milliseconds until it has begun to answer. */
  readonly timeout: number;
}
