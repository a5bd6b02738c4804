import { type RevokedIdentity } from 'execution-identity';
import { type ParsedJws } from 'execution-identity/internal';
import { DEFAULT_ENDS } from '../options/signal-defaults.js';
import { EVENT_TYPES, type EventEnds, type EventName } from '../options/signals.options.js';
import { namedSubjects, type NamedSubject, type SubjectRules } from './event-subject.js';
import { refusal } from './signed-signal.js';

/** About the stream itself: Shared Signals Framework 1.0 §8.1.4 and §8.1.5. Transmitters of the RISC profile of 2018 verify with a type of RISC. */
const STREAM = {
  'https://schemas.openid.net/secevent/risc/event-type/verification': 'verification',
  'https://schemas.openid.net/secevent/ssf/event-type/verification': 'verification',
  'https://schemas.openid.net/secevent/ssf/event-type/stream-updated': 'stream-updated',
} as const;

/** What one transmitter may tell. */
export interface EventRules extends SubjectRules {
  readonly ends?: Partial<Record<EventName, EventEnds>>;
}

/** What a security event asks for: whose identities end, or that its stream is alive or has changed. */
export interface SecurityEvent {
  readonly purges: readonly RevokedIdentity[];
  readonly stream?: 'verification' | 'stream-updated';
}

/**
 * What a verified security event token asks for: one event of a known type (RFC 8417 §2.2, CAEP 1.0, RISC 1.0), about one subject in `sub_id`, or in
 * `subject` of the event, as drafts have it. An access token and an ID token name their user in `sub`, a security event token never does.
 *
 * @throws EieError `claim_invalid`, `claim_missing`, `issuer_unknown`
 */
export function securityEventOf(claims: ParsedJws['claims'], rules: EventRules): SecurityEvent {
  const { issuer } = rules;
  if (Object.hasOwn(claims, 'sub'))
    throw refusal('claim_invalid', issuer, 'sub', { fix: 'It names its subject in "sub_id".' });
  const [event, ...others] = Object.entries(Object(claims.events) as Record<string, unknown>);
  const payload = event?.[1];
  if (!event || others.length || typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw refusal('claim_invalid', issuer, 'events', { fix: 'It must be one event.' });
  const [uri] = event;
  if (Object.hasOwn(STREAM, uri)) return { purges: [], stream: STREAM[uri as keyof typeof STREAM] };
  const name = (Object.keys(EVENT_TYPES) as EventName[]).find(one => EVENT_TYPES[one] === uri);
  if (!name) throw refusal('claim_invalid', issuer, 'events', { fix: UNKNOWN });
  const ends = rules.ends?.[name] ?? DEFAULT_ENDS[name];
  if (ends === 'nothing') return { purges: [] };
  const { subject } = payload as Record<string, unknown>;
  if (subject !== undefined && claims.sub_id !== undefined)
    throw refusal('claim_invalid', issuer, 'sub_id', { fix: 'There must be one subject, not two.' });
  return { purges: namedSubjects(claims.sub_id ?? subject, rules).map(one => purgeOf(one, ends, issuer)) };
}

const UNKNOWN = `Have the transmitter send no other events than ${Object.keys(EVENT_TYPES).join(', ')}.`;
const NO_USER = 'The event ends a user, and names none: have the transmitter name the user too.';

/** `session`: as the subject says. `user`: all sessions of the user that it names. */
function purgeOf({ sid, ...named }: NamedSubject, ends: 'session' | 'user', issuer: string): RevokedIdentity {
  if (ends === 'session') return { ...named, ...(sid !== undefined && { sid }) };
  if (named.sub === undefined) throw refusal('claim_missing', issuer, 'sub_id.user', { fix: NO_USER });
  return named;
}
