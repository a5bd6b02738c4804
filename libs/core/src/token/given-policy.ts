import { defined } from '../defined.js';
import { EieConfigurationError } from '../errors.js';
import { type RegisteredAgent } from './ceiling.js';
import { isIssuerName } from './identifier.js';
import { type ClaimPaths, DEFAULT_CLAIM_PATHS, type IssuerPolicy } from './issuer-policy.js';
import { TOKEN_ALGORITHMS } from './token-algorithms.js';

type Check = (value: unknown) => boolean;
/** Each member that there is: another one is a mistake in its name, and what it was to say would not be read. */
export type Checks<T> = { readonly [Member in keyof T]-?: readonly [isRight: Check, what: string] };

export const isText: Check = value => typeof value === 'string' && value !== '';
/** A list, and not a text: a text too has `includes()`, and would find each part of itself. */
export const isTexts: Check = value => Array.isArray(value) && value.every(isText);
export const isMap: Check = value => {
  const { get, values } = Object(value) as Partial<Map<unknown, unknown>>;
  return typeof get === 'function' && typeof values === 'function';
};
export const isKeySource: Check = value => typeof (Object(value) as { find?: unknown }).find === 'function';
const isSeconds: Check = value => Number.isFinite(value) && (value as number) > 0;
export const isSwitch: Check = value => value === undefined || typeof value === 'boolean';
const optional =
  (check: Check): Check =>
  value =>
    value === undefined || check(value);

const isPath: Check = value => isText(value) || (isTexts(value) && (value as string[]).length > 0);
const isCondition: Check = value => {
  const { claim, values } = Object(value) as { claim?: unknown; values?: unknown };
  return isPath(claim) && (values === undefined || Array.isArray(values));
};
const isMatch: Check = value => {
  const { differsFrom, unless } = Object(value) as { differsFrom?: unknown; unless?: unknown };
  return isCondition(value) && optional(isPath)(differsFrom) && optional(isCondition)(unless);
};
const isPaths: Check = value => {
  const { service, ...paths } = Object(value) as Record<string, unknown>;
  const ofService = Object.values((service ?? {}) as Record<string, unknown>);
  return [...Object.values(paths), ...ofService].every(optional(isPath));
};

const MATCH = 'a condition: { claim, values?, differsFrom?, unless? }';
const SWITCH = 'true or false';
export const UNCHECKED: readonly [Check, string] = [() => true, ''];

const CHECKS: Checks<IssuerPolicy> = {
  issuer: [isIssuerName, 'the text of "iss", exactly'],
  keys: [isKeySource, 'a KeySource, such as remoteKeys(url) or staticKeys(jwks)'],
  algorithms: [
    value => isTexts(value) && (value as string[]).every(one => (TOKEN_ALGORITHMS as readonly string[]).includes(one)),
    `a list of some of ${TOKEN_ALGORITHMS.join(', ')}`,
  ],
  audience: [isTexts, 'a list of texts: what "aud" of its tokens names'],
  tenantAudience: [optional(isText), 'a text'],
  furtherAudiences: [optional(isTexts), 'a list of texts'],
  toleratedAudiences: [isTexts, 'a list of texts'],
  accessTokenClaim: [optional(isMatch), MATCH],
  maxLifetime: [isSeconds, 'a number of seconds'],
  maxTokenLength: [optional(isSeconds), 'a number of characters'],
  claims: [isPaths, 'names of claims, or lists of the names that lead to them'],
  tenants: [isTexts, 'a list of texts'],
  user: [isMatch, MATCH],
  service: [optional(isMatch), MATCH],
  acceptsDpop: [isSwitch, SWITCH],
  requiresDpop: [isSwitch, SWITCH],
  acceptsCertificates: [isSwitch, SWITCH],
  agents: [isMap, 'a Map'],
  tenantCeilings: [optional(isMap), 'a Map'],
  roles: [optional(isMap), 'a Map'],
  scopeHierarchy: UNCHECKED,
  unregisteredScopes: [optional(isTexts), 'a list of texts'],
  diagnostics: UNCHECKED,
};

/**
 * Checks what a program gave, once for each object: what is of another kind would refuse each caller, or let in whom it should not.
 *
 * @throws EieConfigurationError naming each member and what it must be
 */
export function checkMembers<T extends object>(given: T, checks: Checks<T>, where: string): void {
  const wrong = Object.entries(checks).flatMap(([name, check]) => {
    const [isRight, what] = check as readonly [Check, string];
    return isRight((Object(given) as Record<string, unknown>)[name]) ? [] : `  - ${name} must be ${what}`;
  });
  const unknown = Object.keys(Object(given) as object)
    .filter(name => !Object.hasOwn(checks, name))
    .map(name => `  - ${name} is not a member of it: remove it or correct its name`);
  if (wrong.length)
    throw new EieConfigurationError(
      `${where} is wrong; is a variable of the environment missing?\n${[...wrong, ...unknown].join('\n')}`,
    );
  if (unknown.length) throw new EieConfigurationError(`${where} is wrong:\n${unknown.join('\n')}`);
}

const checked = new WeakSet<IssuerPolicy>();

/** @throws EieConfigurationError naming each member that is wrong, and what it must be */
export function checkPolicy(policy: IssuerPolicy): void {
  if (checked.has(policy)) return;
  checkMembers(policy, CHECKS, `The policy of the issuer ${String((Object(policy) as Partial<IssuerPolicy>).issuer)}`);
  checked.add(policy);
}

/** Members without a default, and optional ones. */
type GivenPolicy = Pick<IssuerPolicy, 'issuer' | 'keys' | 'algorithms' | 'audience' | 'user'> &
  Partial<Omit<IssuerPolicy, 'claims'>> & { readonly claims?: Partial<ClaimPaths> };

/** Seconds: a day. */
const MAX_LIFETIME = 86_400;

/**
 * The policy of one issuer, with defaults for what is left out: no tolerated audiences, a lifetime of at most a day, the claim
 * names of {@link DEFAULT_CLAIM_PATHS}, no tenants, no DPoP, no agent registry.
 *
 * @throws EieConfigurationError naming each member that is missing or of another kind, and what it must be
 * @example issuerPolicy({
 *   issuer: 'https://login.example', keys: remoteKeys('https://login.example/jwks'), algorithms: ['ES256'],
 *   audience: ['https://orders.example'], user: { claim: 'sub_profile', values: ['user'] },
 * })
 */
export function issuerPolicy(given: GivenPolicy): IssuerPolicy {
  const policy = Object.freeze({
    ...given,
    toleratedAudiences: given.toleratedAudiences ?? [],
    maxLifetime: given.maxLifetime ?? MAX_LIFETIME,
    claims: { ...DEFAULT_CLAIM_PATHS, ...defined(given.claims ?? {}) },
    tenants: given.tenants ?? [],
    acceptsDpop: given.acceptsDpop ?? false,
    agents: given.agents ?? new Map<string, RegisteredAgent>(),
  });
  checkPolicy(policy);
  return policy;
}
