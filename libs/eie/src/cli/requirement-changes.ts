import { apart, type Change, narrower, wider } from './change.js';

/** A requirement as a posture has it: data, of a kind that this version may not know. */
type Requirement = Readonly<Record<string, unknown>> & { readonly kind: string };

/** What another set of requirements changes. All of them must hold, so one more narrows. */
export function requirementChanges(
  label: string,
  before: readonly Requirement[],
  after: readonly Requirement[],
): Change[] {
  const single = apart(before.flatMap(each), after.flatMap(each), one => JSON.stringify(one));
  const [lost, gained] = [[...single.removed], [...single.added]];
  const changes: Change[] = [];
  for (const one of single.removed) {
    const same = gained.find(({ kind }) => kind === one.kind && kind !== 'all_scopes');
    const more = same && moreOf(one, same);
    if (!more) continue;
    lost.splice(lost.indexOf(one), 1);
    gained.splice(gained.indexOf(same), 1);
    changes.push(...more.added.map(text => wider(`${label}: ${text} is enough now`)));
    changes.push(...more.removed.map(text => narrower(`${label}: ${text} is not enough any more`)));
  }
  return [
    ...changes,
    ...lost.map(one => wider(`${label}: no longer requires ${phrase(one)}`)),
    ...gained.map(one => narrower(`${label}: requires ${phrase(one)} now`)),
  ];
}

/** Each scope of those that must all be held is a requirement of its own. An identity is needed by all of them. */
function each(requirement: Requirement): Requirement[] {
  if (requirement.kind === 'authenticated') return [];
  if (requirement.kind !== 'all_scopes') return [requirement];
  return (requirement.scopes as string[]).map(scope => ({ kind: 'all_scopes', scopes: [scope] }));
}

/** How two choices differ. */
function moreOf(one: Requirement, same: Requirement): { added: string[]; removed: string[] } | undefined {
  const name = one.kind === 'any_scope' ? 'scopes' : one.kind === 'any_role' ? 'roles' : undefined;
  if (!name) return undefined;
  const { added, removed } = apart(one[name] as string[], same[name] as string[], text => text);
  const phrased = (texts: string[]): string[] => texts.map(text => `${name.slice(0, -1)} ${text}`);
  return { added: phrased(added), removed: phrased(removed) };
}

/** `scope orders:refund`, `one of the roles admin, support`; of an unknown kind, its data. */
export function phrase({ kind, ...data }: Requirement): string {
  switch (kind) {
    case 'authenticated':
      return 'an identity';
    case 'all_scopes':
      return `scope ${(data.scopes as string[]).join(' and ')}`;
    case 'any_scope':
      return `one of the scopes ${(data.scopes as string[]).join(', ')}`;
    case 'any_role':
      return `one of the roles ${(data.roles as string[]).join(', ')}`;
    case 'actor':
      return `that a ${data.type as string} acts`;
    case 'approval':
      return `an approval ${JSON.stringify(data)}`;
    default:
      return `${kind} ${JSON.stringify(data)}`;
  }
}
