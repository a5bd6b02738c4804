import { createHmac } from 'node:crypto';
import { compositeKey } from '../../composite-key.js';
import { type AuditEvent } from '../audit-event.js';
import { type Person, type PersonKeys } from './person-keys.js';

const CAPACITY = 10_000;
/** Milliseconds. An erased person gets another pseudonym after it. */
const LIFETIME = 60_000;

interface Known {
  readonly key: Promise<Uint8Array>;
  readonly since: number;
}

/** What stands for a value of a person: the same for the same value, as long as the person has this key. */
export function pseudonym(key: Uint8Array, member: 'actor_sub' | 'session_id', value: string): string {
  const digest = createHmac('sha256', key).update(compositeKey(member, value)).digest();
  return `pseudonym:${digest.toString('base64url', 0, 16)}`;
}

/** Writes pseudonyms in place of what names a person: the subject of a user, and the session. */
export class Pseudonyms {
  /** By person, oldest use first. */
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly keys: PersonKeys,
    private readonly clock: () => number,
  ) {}

  /** @throws AuditLogError, and the errors of the file system: then the person has no pseudonym and the record must not be written */
  async in(event: AuditEvent): Promise<AuditEvent> {
    const { actor_sub, actor_type, session_id } = event;
    if (actor_sub === null || actor_type === 'service') return event;
    const tenant = event.tenant ?? undefined;
    const key = await this.#keyOf({ issuer: event.actor_issuer ?? '', tenant, sub: actor_sub });
    return {
      ...event,
      actor_sub: pseudonym(key, 'actor_sub', actor_sub),
      session_id: session_id === null ? null : pseudonym(key, 'session_id', session_id),
    };
  }

  #keyOf(person: Person): Promise<Uint8Array> {
    const name = compositeKey(person.issuer, person.tenant, person.sub);
    const now = this.clock();
    const known = this.#known.get(name);
    const isFresh = known !== undefined && now >= known.since && now - known.since < LIFETIME;
    const current = isFresh ? known : { key: this.keys.of(person), since: now };
    this.#known.delete(name);
    this.#known.set(name, current);
    if (this.#known.size > CAPACITY) this.#known.delete(this.#known.keys().next().value!);
    if (!isFresh) current.key.catch(() => this.#known.delete(name));
    return current.key;
  }
}
