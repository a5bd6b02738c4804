import { type RevokedIdentity } from 'execution-identity';
import { compositeKey, type DatedRevocation, digest, revocationKey } from 'execution-identity/internal';
import { PostgresStoreError } from './postgres-store-error.js';

/** What a row says. */
export interface RevocationRow {
  readonly revoked: string;
  /** Seconds since the epoch. */
  readonly revoked_at: number;
}

/** The key of the row of a revocation: the same for the same one. */
export const rowKey = (revoked: RevokedIdentity): string => digest(revocationKey(revoked));
export const issuerKey = (issuer: string): string => digest(compositeKey(issuer));
/** Null for a revocation of no particular user. */
export const userKey = ({ issuer, sub }: RevokedIdentity): string | null =>
  sub === undefined ? null : digest(compositeKey(issuer, sub));

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';

/** @throws PostgresStoreError for what is no revocation */
export function readRevocation({ revoked: text, revoked_at: at }: RevocationRow): DatedRevocation {
  let revoked: RevokedIdentity | undefined;
  try {
    revoked = JSON.parse(text) as RevokedIdentity;
  } catch {
    // Said below.
  }
  const { issuer, sub, tenant, client_id, sid, agent } = Object(revoked) as Partial<RevokedIdentity>;
  const { issuer: agentIssuer, id } = Object(agent) as Partial<NonNullable<RevokedIdentity['agent']>>;
  const isReadable =
    typeof issuer === 'string' &&
    [sub, tenant, client_id, sid].every(isText) &&
    (agent === undefined || (typeof agentIssuer === 'string' && typeof id === 'string'));
  if (!isReadable || !Number.isFinite(at)) throw new PostgresStoreError('unreadable');
  return { revoked: revoked!, at };
}
