import {
  type CedarValueJson,
  type Context,
  type EntityJson,
  type StatefulAuthorizationCall,
  type TypeAndId,
} from '@cedar-policy/cedar-wasm/nodejs';
import { type PolicyQuestion } from 'execution-identity';

/** What Cedar is asked, without what it has parsed before. */
export type CedarRequest = Pick<
  StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

/** In Cedar's JSON a member of this name is no data: it stands for an entity, or calls a function. */
const ESCAPES = ['__entity', '__extn', '__expr'];
const MAX_DEPTH = 32;

/**
 * The question in Cedar's terms. `User` or `Service` is named by issuer and subject together, since a subject is unique only within its issuer;
 * its roles are its parents. The context stays as it is.
 *
 * @throws RangeError for arguments that have no form in Cedar: numbers that are not whole, `null` in a list, members that Cedar would not read as
 * data, more than 32 levels
 */
export function cedarRequest({ subject, action, resource, context }: PolicyQuestion): CedarRequest {
  const { issuer, tenant, roles } = subject.properties;
  const principal = { type: subject.type === 'user' ? 'User' : 'Service', id: `${issuer} ${subject.id}` };
  const entity: EntityJson = {
    uid: principal,
    attrs: { issuer, sub: subject.id, ...(tenant !== undefined && { tenant }) },
    parents: roles.map((id): TypeAndId => ({ type: 'Role', id })),
  };
  const { arguments: args, ...rest } = context;
  return {
    principal,
    action: { type: 'Action', id: action.name },
    resource: { type: 'Server', id: resource.id },
    context: (args ? { ...rest, arguments: cedarValue(args, 0) } : rest) as unknown as Context,
    entities: [entity],
  };
}

function cedarValue(value: unknown, depth: number): CedarValueJson {
  if (depth > MAX_DEPTH) throw new RangeError('An argument is nested too deep.');
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value))
    return value as CedarValueJson;
  if (Array.isArray(value)) return value.map(one => cedarValue(one, depth + 1));
  if (typeof value !== 'object' || value === null) throw new RangeError('An argument has no form in Cedar.');
  const members = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  if (members.some(([name]) => ESCAPES.includes(name)))
    throw new RangeError('An argument has a member that Cedar does not read as data.');
  return Object.fromEntries(members.map(([name, one]) => [name, cedarValue(one, depth + 1)]));
}
