import { type PostureHandler, type PostureSensitivity } from '../boot/posture/posture-document.js';
import { apart, type Change, narrower, other, wider } from './change.js';
import { phrase, requirementChanges } from './requirement-changes.js';

/** The most that a policy lets in, from nobody else to everybody. */
const OPENNESS: readonly PostureHandler['policy'][] = ['protected', 'dispatcher', 'unmanaged', 'public', 'none'];

/** `tool refund`, `handler GET /health`. */
const labelOf = ({ kind, name, routes }: PostureHandler): string =>
  kind === 'http' ? `handler ${routes[0] ?? name}` : `${kind} ${name.replace(/^(?:resource|prompt):/, '')}`;

/** What other handlers, and other policies of them, change. */
export function handlerChanges(before: readonly PostureHandler[], after: readonly PostureHandler[]): Change[] {
  const { added, removed, kept } = apart(before, after, keyOf);
  return [
    ...added.map(one => wider(`${labelOf(one)} is new: ${accessOf(one)}`)),
    ...removed.map(one => narrower(`${labelOf(one)} is gone`)),
    ...kept.flatMap(([old, now]) => changesOf(old, now)),
  ];
}

/** Names are unique among those of a kind; only routes of MCP have classes of one name. */
const keyOf = ({ kind, name, policy, routes }: PostureHandler): string =>
  JSON.stringify([kind, name, ...(policy === 'dispatcher' ? routes : [])]);

function accessOf({ policy, reason, requirements }: PostureHandler): string {
  if (policy !== 'protected') return reason === null ? policy : `${policy} (reason: ${reason})`;
  return `requires ${requirements.map(one => phrase(one as never)).join(' and ')}`;
}

function changesOf(before: PostureHandler, after: PostureHandler): Change[] {
  const label = labelOf(after);
  const routes = apart(before.routes, after.routes, route => route);
  const targets = apart(before.targets, after.targets, ({ name }) => name);
  const subjects = apart(before.dataSubjects, after.dataSubjects, one => JSON.stringify(one));
  return [
    ...policyChanges(label, before, after),
    ...(before.method === after.method ? [] : [other(`${label}: is ${after.method} now, and was ${before.method}`)]),
    ...routes.added.map(route => wider(`${label}: is served at ${route} now`)),
    ...routes.removed.map(route => narrower(`${label}: is no longer served at ${route}`)),
    ...targets.added.map(({ name, mode }) => wider(`${label}: may call ${name} now, as ${mode}`)),
    ...targets.removed.map(({ name }) => narrower(`${label}: may no longer call ${name}`)),
    ...subjects.added.map(one => wider(`${label}: takes ${one.path} as data about somebody now (${one.reason})`)),
    ...subjects.removed.map(({ path }) => narrower(`${label}: no longer takes ${path} as data about somebody`)),
    ...inputChanges(label, before.input, after.input),
    ...sensitivityChanges(label, before.sensitivity, after.sensitivity),
  ];
}

function policyChanges(label: string, before: PostureHandler, after: PostureHandler): Change[] {
  if (before.policy !== after.policy) {
    const text = `${label}: is ${after.policy} now (${accessOf(after)}), and was ${before.policy}`;
    return [OPENNESS.indexOf(after.policy) > OPENNESS.indexOf(before.policy) ? wider(text) : narrower(text)];
  }
  const isSaidAnew = before.reason !== after.reason;
  return [
    ...requirementChanges(label, before.requirements, after.requirements),
    ...(isSaidAnew ? [other(`${label}: is ${after.policy} for another reason: ${after.reason}`)] : []),
  ];
}

/** What a tool says of itself, and whether more is said by it. */
const SENSITIVITY: readonly (readonly [
  member: keyof PostureSensitivity,
  wide: boolean,
  wider: string,
  narrower: string,
])[] = [
  ['readOnly', false, 'no longer declares to be read-only', 'declares to be read-only now'],
  ['destructive', true, 'is destructive now, by what it declares', 'declares not to be destructive now'],
  ['idempotent', false, 'no longer declares to be idempotent', 'declares to be idempotent now'],
  ['openWorld', true, 'reaches an open world now, by what it declares', 'declares to reach a closed world now'],
];

function sensitivityChanges(
  label: string,
  before: PostureHandler['sensitivity'],
  after: PostureHandler['sensitivity'],
): Change[] {
  if (!before || !after) return [];
  return SENSITIVITY.flatMap(([member, wide, more, less]) => {
    if (before[member] === after[member]) return [];
    return [after[member] === wide ? wider(`${label}: ${more}`) : narrower(`${label}: ${less}`)];
  });
}

function inputChanges(label: string, before: PostureHandler['input'], after: PostureHandler['input']): Change[] {
  if (before?.closed === true && after?.closed !== true) return [wider(`${label}: its input is no longer closed`)];
  if (before?.closed !== true && after?.closed === true) return [narrower(`${label}: its input is closed now`)];
  return before?.schemaSha256 === after?.schemaSha256 ? [] : [other(`${label}: takes another input`)];
}
