import { decide, type Diagnostic, type PolicyEngine, type PolicyQuestion } from 'execution-identity';
import { type Case, HIERARCHY, requires, TOOLS } from './cases.js';

export const SERVER = 'https://mcp.shop.example';
/** The engine alone decides: the tool needs nothing but an identity. */
const ANYBODY = requires([{ kind: 'authenticated' }]);

export const builtIn = async ({ identity, tool }: Case): Promise<boolean> =>
  (await decide(identity, requires(TOOLS[tool]!), tool, { hierarchy: HIERARCHY })) === undefined;

/** @param told what the engine could not decide */
export async function byEngine(engine: PolicyEngine, { identity, tool, traceId }: Case, told: Diagnostic[] = []) {
  const diagnostics = { report: (one: Diagnostic) => void told.push(one) };
  const policyEngine = { engine, resource: SERVER, diagnostics };
  return (await decide(identity, ANYBODY, tool, { policyEngine, details: { traceId } })) === undefined;
}

/** The question that an engine is asked about a case. */
export async function questionOf(one: Case): Promise<PolicyQuestion> {
  let asked: PolicyQuestion | undefined;
  await byEngine({ allows: async question => ((asked = question), true) }, one);
  return asked!;
}

export interface Agreement {
  readonly allowed: number;
  readonly disagreements: readonly string[];
  /** Cases that an engine could not decide. They count as denied, and a run with one has failed. */
  readonly failures: readonly string[];
}

/** Each case, decided by the requirements of its tool and by each engine. */
export async function agreement(
  all: readonly Case[],
  engines: Readonly<Record<string, PolicyEngine>>,
): Promise<Agreement> {
  const disagreements: string[] = [];
  const told: Diagnostic[] = [];
  let allowed = 0;
  for (const [i, one] of all.entries()) {
    const expected = await builtIn(one);
    if (expected) allowed += 1;
    for (const [name, engine] of Object.entries(engines)) {
      const decided = await byEngine(engine, one, told);
      if (decided === expected) continue;
      const held = [...one.identity.authorization.scopes, ...(one.identity.authorization.roles ?? [])].join(' ');
      disagreements.push(`case ${i}, ${one.tool}, ${held}: ${name} ${decided ? 'allows' : 'denies'}`);
    }
  }
  return { allowed, disagreements, failures: told.map(({ message }) => message) };
}
