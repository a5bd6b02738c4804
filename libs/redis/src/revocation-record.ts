import { type RevokedIdentity } from 'execution-identity';
import { compositeKey, type DatedRevocation, digest, revocationKey } from 'execution-identity/internal';
import { RedisStoreError } from './redis-store-error.js';

const MEMBERS = ['issuer', 'sub', 'tenant', 'client_id', 'sid'] as const;

/** What the script that writes takes for one revocation. A text that UTF-8 cannot tell from another one has a hash of its own: JSON escapes lone surrogates. */
export function written({ revoked, at }: DatedRevocation): (string | number)[] {
  const { issuer, sub, tenant, client_id, sid, agent } = revoked;
  const of = digest(compositeKey(issuer));
  const user = `${of}:${sub === undefined ? '-' : digest(compositeKey(sub))}:`;
  const isWide = [tenant, client_id, sid, agent].every(member => member === undefined);
  const named = { issuer, sub, tenant, client_id, sid, agent: agent && { issuer: agent.issuer, id: agent.id } };
  const field = user + (isWide ? '*' : digest(revocationKey(revoked)));
  return [field, at, JSON.stringify(named), `${of}:`, JSON.stringify({ issuer }), JSON.stringify({ issuer, sub })];
}

/** @throws RedisStoreError for anything but a revocation: one that cannot be read cannot be left out */
export function readRevocation(text: unknown): DatedRevocation {
  try {
    const { at, revoked } = JSON.parse((text as string).split('\n', 1)[0]!) as DatedRevocation;
    if (Number.isFinite(at) && isRevoked(revoked)) return { at, revoked };
  } catch {
    // Not JSON, or no object.
  }
  throw new RedisStoreError('unreadable');
}

function isRevoked(value: RevokedIdentity): boolean {
  const { agent } = value;
  const names = Object.keys(value);
  return (
    typeof value.issuer === 'string' &&
    names.every(name => name === 'agent' || (MEMBERS as readonly string[]).includes(name)) &&
    MEMBERS.every(member => value[member] === undefined || typeof value[member] === 'string') &&
    (agent === undefined || (typeof agent.issuer === 'string' && typeof agent.id === 'string'))
  );
}
