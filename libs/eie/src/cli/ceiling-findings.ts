import { type PostureDocument } from '../boot/posture/posture-document.js';
import { type Finding } from '../issuers/finding.js';

type Ceiling = Readonly<Record<'tools' | 'targets', readonly string[] | null>>;
/** What a source knows has no ceilings here. */
interface LimitingIssuer {
  readonly issuer?: string;
  readonly agents?: Readonly<Record<string, Ceiling & { readonly id: string }>>;
  readonly tenants?: Readonly<Record<string, Ceiling>> | null;
}
type Looked = Pick<PostureDocument, 'handlers' | 'issuers' | 'targets'>;

/** A name in a ceiling that nothing has allows nothing, and looks as if it did. */
export function ceilingFindings({ handlers, issuers, targets }: Looked): Finding[] {
  const known = {
    tools: new Set(handlers.map(({ name }) => name)),
    targets: new Set(targets.flatMap(({ name, onward }) => [name, ...Object.keys((onward ?? {}) as object)])),
  };
  const unknown = (whose: string, ceiling: Ceiling): Finding[] =>
    (['tools', 'targets'] as const).flatMap(kind =>
      (ceiling[kind] ?? [])
        .filter(name => !known[kind].has(name))
        .map(name => ({
          check: 'rights',
          level: 'warning',
          message: `The ceiling of ${whose} names ${name} in "${kind}", which this application does not have: it allows nothing.`,
          fix: `Correct the name, or take it out. This application has ${[...known[kind]].join(', ') || 'none'}.`,
        })),
    );
  return (issuers as unknown as readonly LimitingIssuer[]).flatMap(({ issuer = '', agents, tenants }) => [
    ...Object.values(agents ?? {}).flatMap(one => unknown(`the agent ${one.id} of ${issuer}`, one)),
    ...Object.entries(tenants ?? {}).flatMap(([tenant, one]) => unknown(`the tenant ${tenant} of ${issuer}`, one)),
  ]);
}
