import { type EnvelopeParts } from '../identity/execution-identity-envelope.js';

/** What the claims of a sealed envelope say. Nothing in it may be trusted before its signature is verified. */
export interface DecodedEnvelope {
  readonly parts: EnvelopeParts;
  /** Which services may believe it. */
  readonly trustDomain: unknown;
  /** Seconds since the epoch, where it says so. */
  readonly notBefore?: number;
  /** The id of its one use, in an envelope that is taken once. */
  readonly singleUseId?: string;
}

/**
 * One way to write an envelope into a signed HTTP header: the header, the type, and the mapping between envelope and claims.
 * It does NOT sign, verify, check times or narrow. The codec that ships is `transactionToken`.
 */
export interface EnvelopeCodec {
  /** The HTTP field name, in lower case. */
  readonly header: string;
  /** The media type in the JWS header (`typ`), in lower case and without `application/`. */
  readonly typ: string;
  /** @param singleUseId for an envelope that is to be taken once */
  encode(envelope: EnvelopeParts, trustDomain: string, singleUseId?: string): Record<string, unknown>;
  /** @throws on anything missing, of a wrong shape, or of another version: whatever it throws is `txn_token_invalid` */
  decode(claims: Readonly<Record<string, unknown>>): DecodedEnvelope;
}
