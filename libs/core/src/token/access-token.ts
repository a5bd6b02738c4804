import { type AgentRef } from './actor-chain.js';

/** What a verified access token (RFC 9068) says, in this library's words. */
export interface AccessToken {
  readonly issuer: string;
  readonly sub: string;
  readonly type: 'user' | 'service';
  readonly clientId: string;
  /** Those of `aud` that are this server's. */
  readonly audience: readonly string[];
  readonly tenant?: string;
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
  /** The `act` chain, outermost first; empty without `act`. */
  readonly act: readonly AgentRef[];
  /** An agent that the issuer names in a claim of its own. */
  readonly agent?: string;
  readonly sid?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly authTime?: number;
  /** Whether a signature says so, or the issuer when it was asked. */
  readonly confidence: 'verified' | 'introspected';
  /** RFC 7638 thumbprint of the key that the token is bound to (`cnf.jkt`, RFC 9449 §6.1). */
  readonly jkt?: string;
  /** SHA-256 thumbprint of the client certificate that the token is bound to (`cnf['x5t#S256']`, RFC 8705 §3.1). */
  readonly x5t?: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}
