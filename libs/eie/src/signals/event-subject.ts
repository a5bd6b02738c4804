import { type RevokedIdentity } from 'execution-identity';
import { type ParsedJws, text } from 'execution-identity/internal';
import { refusal } from './signed-signal.js';

/** Whom a transmitter may speak of. */
export interface SubjectRules {
  /** The transmitter. */
  readonly issuer: string;
  /** The issuers whose identities it may end. */
  readonly issuers: readonly string[];
  /** The issuer whose `sub`, `sid` and tenants its opaque ids are. Absent: they are not understood. */
  readonly opaque?: string;
}

/** Who is named, as far as a revocation can name somebody. */
export type NamedSubject = Pick<RevokedIdentity, 'issuer' | 'sub' | 'sid' | 'tenant'>;

type Subject = Readonly<Record<string, unknown>>;

/** Parts of a complex subject, and what each says where it is an opaque id: Shared Signals Framework 1.0 §3.2. */
const PARTS = { user: 'sub', session: 'sid', tenant: 'tenant' } as const;
type Part = keyof typeof PARTS;
/** Identifiers of one subject that are read: RFC 9493 §3.2.8 sets no limit. */
const MAX_ALIASES = 8;

/**
 * Who a subject identifier names: RFC 9493. `iss_sub` of an issuer that the transmitter may speak of; `opaque` where the configuration says
 * whose ids they are; `complex` of users, sessions and tenants; `aliases`, of which those that are understood count. An e-mail address or a phone
 * number names nobody here: it is never looked up, and a part that is not understood is never left out, since that would name more people.
 *
 * @throws EieError `claim_invalid`, `issuer_unknown`
 */
export function namedSubjects(subject: unknown, rules: SubjectRules): NamedSubject[] {
  const { format, ...members } = identified(subject, rules);
  if (format === 'aliases') return aliasesOf(members, rules);
  if (format === 'complex' || (format === undefined && hasParts(members))) return [complexOf(members, rules)];
  return [simpleOf('user', { format, ...members }, rules)];
}

/** RFC 8417 §2.1 has `subject_type` in place of `format`, with hyphens: transmitters that are older than RFC 9493 still write it so. */
function identified(subject: unknown, rules: SubjectRules): Subject {
  const { subject_type: type, ...members } = objectOf(subject, rules);
  if (type === undefined || Object.hasOwn(members, 'format')) return objectOf(subject, rules);
  return { ...members, format: typeof type === 'string' ? type.replaceAll('-', '_') : type };
}

function simpleOf(part: Part, { format, ...members }: Subject, rules: SubjectRules): NamedSubject {
  if (format === 'iss_sub' && part === 'user') {
    assertOnly(['iss', 'sub'], members, rules);
    const [iss, sub] = [text(members, 'iss'), text(members, 'sub')];
    if (iss === undefined || sub === undefined) throw invalid(rules, 'sub_id.iss, sub_id.sub');
    if (!rules.issuers.includes(iss))
      throw refusal('issuer_unknown', rules.issuer, 'sub_id.iss', { fix: OTHER_ISSUER });
    return { issuer: iss, sub };
  }
  if (format === 'opaque' && rules.opaque !== undefined) {
    assertOnly(['id'], members, rules);
    const id = text(members, 'id');
    if (id === undefined) throw invalid(rules, 'sub_id.id');
    return { issuer: rules.opaque, [PARTS[part]]: id };
  }
  throw invalid(rules, 'sub_id.format');
}

/** A complex subject of a draft has no format. Nothing else has members of these names. */
const hasParts = (members: Subject): boolean => Object.keys(PARTS).some(part => Object.hasOwn(members, part));

/** All of its parts must hold, so none may be left out. */
function complexOf(members: Subject, rules: SubjectRules): NamedSubject {
  const parts = Object.entries(members);
  if (!parts.length || !parts.every(([name]) => Object.hasOwn(PARTS, name))) throw invalid(rules, 'sub_id');
  const named = parts.map(([name, part]) => simpleOf(name as Part, identified(part, rules), rules));
  if (new Set(named.map(({ issuer }) => issuer)).size > 1) throw invalid(rules, 'sub_id');
  return Object.assign({}, ...named) as NamedSubject;
}

function aliasesOf(members: Subject, rules: SubjectRules): NamedSubject[] {
  assertOnly(['identifiers'], members, rules);
  const { identifiers } = members;
  if (!Array.isArray(identifiers) || !identifiers.length || identifiers.length > MAX_ALIASES)
    throw invalid(rules, 'sub_id.identifiers');
  const understood = identifiers
    .map(one => identified(one, rules))
    .filter(
      ({ format, iss }) =>
        (format === 'iss_sub' && (rules.issuers as readonly unknown[]).includes(iss)) ||
        (format === 'opaque' && rules.opaque !== undefined),
    );
  if (!understood.length) throw invalid(rules, 'sub_id.identifiers');
  return understood.map(one => simpleOf('user', one, rules));
}

/** What stands beside the members of a format may narrow whom it names. RFC 9493 §3: there is nothing else. */
function assertOnly(known: readonly string[], members: Subject, rules: SubjectRules): void {
  if (!Object.keys(members).every(name => known.includes(name))) throw invalid(rules, 'sub_id');
}

function objectOf(value: unknown, rules: SubjectRules): ParsedJws['claims'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(rules, 'sub_id');
  return value as ParsedJws['claims'];
}

const OTHER_ISSUER =
  'The transmitter speaks of an identity of another issuer: if it may, name that in authorization.signals.events.transmitters[].issuers.';
const UNREADABLE =
  'Have the transmitter name subjects as iss_sub, or say with authorization.signals.events.transmitters[].opaque whose ids its opaque ones are. E-mail addresses and phone numbers are not looked up.';

const invalid = ({ issuer }: SubjectRules, claim: string) =>
  refusal('claim_invalid', issuer, claim, { fix: UNREADABLE });
