import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { type PolicyQuestion } from 'execution-identity';

/** Cedar without this library: calls that are made before, with the same policies, schema and data. */
export function bareCedar(policies: string, schema: string, questions: readonly PolicyQuestion[]): (i: number) => void {
  preparsePolicySet('bare', { staticPolicies: policies });
  preparseSchema('bare', schema);
  const calls = questions.map(({ subject, action, resource, context }) => {
    const { issuer, tenant, roles } = subject.properties;
    const principal = { type: subject.type === 'user' ? 'User' : 'Service', id: `${issuer} ${subject.id}` };
    const attrs = { issuer, sub: subject.id, ...(tenant !== undefined && { tenant }) };
    return {
      principal,
      action: { type: 'Action', id: action.name },
      resource: { type: 'Server', id: resource.id },
      context: structuredClone(context) as never,
      entities: [{ uid: principal, attrs, parents: roles.map(id => ({ type: 'Role', id })) }],
      preparsedPolicySetId: 'bare',
      preparsedSchemaName: 'bare',
      validateRequest: true,
    };
  });
  return i => void statefulIsAuthorized(calls[i % calls.length]!);
}

/** HTTP without this library: the same bodies, posted. */
export function bareFetch(url: string, questions: readonly PolicyQuestion[]): (i: number) => Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const bodies = questions.map(question => JSON.stringify(question));
  return async i => {
    const body = bodies[i % bodies.length]!;
    return (await fetch(`${url}/access/v1/evaluation`, { method: 'POST', headers, body })).json();
  };
}
