/** Whose identity ends: everything that is given must match. */
export interface RevokedIdentity {
  readonly issuer: string;
  readonly sub?: string;
  readonly tenant?: string;
  readonly client_id?: string;
  readonly sid?: string;
}

/** What a revocation is compared with. */
export interface RevocableIdentity extends Required<Pick<RevokedIdentity, 'issuer' | 'sub' | 'client_id'>> {
  readonly tenant?: string;
  readonly sid?: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
}

export function revokes(revoked: RevokedIdentity, identity: Omit<RevocableIdentity, 'issuedAt'>): boolean {
  return (['issuer', 'sub', 'tenant', 'client_id', 'sid'] as const).every(
    field => revoked[field] === undefined || revoked[field] === identity[field],
  );
}
