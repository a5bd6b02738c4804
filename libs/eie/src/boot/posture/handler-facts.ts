import { type Requirement } from 'execution-identity';
import { described, type Described } from '../../configuration/facts/described.js';
import { type TargetRegistry } from '../../delegation/targets/target-registry.js';
import { type HandlerEntry } from '../../record/handler-entry.js';
import { type PostureHandler, type PostureHandlerKind, type PostureInput } from './posture-document.js';
import { type Annotations, sensitivityOf } from './sensitivity.js';

/** A handler as whoever serves it knows it. */
export interface ServedHandler {
  readonly kind: PostureHandlerKind;
  readonly entry: HandlerEntry;
  /** As the audit log names it. Default: `Class.method`. */
  readonly name?: string;
  readonly routes: readonly string[];
  /** Where its input is known. */
  readonly input?: PostureInput;
  /** Of a tool: what it declares of itself. */
  readonly annotations?: Annotations;
  readonly dataSubjects?: PostureHandler['dataSubjects'];
  /** The arguments that a policy engine sees, where it sees any. */
  readonly policyArguments?: readonly string[] | undefined;
}

/** What a posture says of a handler. Requirements are printed as the data that they are, whatever their kinds. */
export function handlerFacts(
  { kind, entry, name = entry.name, routes, input, annotations, dataSubjects = [] }: ServedHandler,
  targets: Pick<TargetRegistry, 'get'>,
): PostureHandler {
  const { policy } = entry;
  return {
    kind,
    name,
    method: entry.name,
    routes: [...new Set(routes)].sort(),
    policy: policy.kind,
    reason: 'reason' in policy ? policy.reason : null,
    requirements: requirementsOf(entry) as unknown as Requirement[],
    targets: [...entry.targets].sort().map(target => ({ name: target, mode: targets.get(target)?.mode ?? null })),
    sensitivity: kind === 'tool' ? sensitivityOf(annotations) : null,
    dataSubjects: dataSubjects.map(({ path, reason, freeForm }) => ({ path, reason, freeForm })),
    input: input ?? null,
  };
}

function requirementsOf({ policy, approval }: HandlerEntry): Described[] {
  const requirements = policy.kind === 'protected' ? policy.requirements.map(described) : [];
  return approval ? [...requirements, { kind: 'approval', ...(described(approval) as object) }] : requirements;
}

/** One order, whatever the order of modules is. */
export function inOrder<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return items
    .map(item => ({ item, key: keyOf(item) }))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ item }) => item);
}
