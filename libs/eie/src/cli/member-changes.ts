import { apart, type Change, type Direction } from './change.js';

/** What names an item of a list of objects, by the member that does. */
const NAMES = ['name', 'issuer', 'source', 'path', 'option', 'what', 'host', 'clientId', 'parser'];

/** From the narrowest to the widest, by the name of the member. */
const RANKS: Readonly<Record<string, readonly unknown[]>> = {
  dpop: ['required', 'accepted'],
  opaqueTokens: [false, true],
  external: [true, false],
  actEvidence: ['required', 'if-jwt', 'none'],
  mode: ['service_identity', 'on_behalf_of', 'restricted_user'],
  access: ['public', 'unmanaged'],
  anchored: [true, null, false],
  durability: ['power-loss', 'process-crash'],
  nonces: [true, false],
  singleUse: [true, false],
  carriesApproval: [false, true],
  policyEngine: [true, false],
  configure: [false, true],
  unregisteredAgents: ['refuse', 'allow'],
};
/** What only informs clients, or whose members narrow nothing. */
const INFORMING = ['scopesSupported', 'scopeCatalogue', 'exporters', 'proxies'];

/** What an agent or a tenant may use at most: a list, or `null` for no limit. */
const LIMITS = ['scopes', 'tools', 'targets', 'tenants', 'agents'];

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * The changes of a part of a posture, whatever its members are. What is added counts as wider, so that a member that this version does not know is
 * looked at; a number that grows likewise.
 *
 * @param label what is changed, for a reader
 */
export function memberChanges(label: string, before: Json | undefined, after: Json | undefined): Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const member = label.split(': ').at(-1)!;
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(label, member, before, after);
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap(name => memberChanges(`${label}: ${name}`, before[name], after[name]));
  }
  return [{ direction: directionOf(member, before, after), text: `${label}: ${shown(before)} → ${shown(after)}` }];
}

function listChanges(label: string, member: string, before: readonly Json[], after: readonly Json[]): Change[] {
  const { added, removed, kept } = apart(before, after, nameOf);
  const [more, less]: Direction[] = INFORMING.includes(member) ? ['other', 'other'] : ['wider', 'narrower'];
  return [
    ...added.map(one => ({ direction: more!, text: `${label}: ${nameOf(one)} is new${why(one)}` })),
    ...removed.map(one => ({ direction: less!, text: `${label}: ${nameOf(one)} is gone` })),
    ...kept.flatMap(([old, now]) => memberChanges(`${label} ${nameOf(now)}`, old, now)),
  ];
}

function directionOf(member: string, before: Json | undefined, after: Json | undefined): Direction {
  const rank = RANKS[member];
  // What has no limit, or none that can be read, takes the most.
  if (member === 'limit') return compared((before as number | null) ?? Infinity, (after as number | null) ?? Infinity);
  if (rank) return compared(placeIn(rank, before), placeIn(rank, after));
  if (LIMITS.includes(member) && Array.isArray(before) !== Array.isArray(after))
    return Array.isArray(after) ? 'narrower' : 'wider';
  if (typeof before === 'number' && typeof after === 'number') return compared(before, after);
  return before === undefined ? 'wider' : after === undefined ? 'narrower' : 'other';
}

/** What is not in the list, such as a ceiling, is between its ends. */
const placeIn = (rank: readonly unknown[], value: unknown): number =>
  rank.includes(value) ? rank.indexOf(value) : rank.length / 2 - 0.5;

const compared = (before: number, after: number): Direction =>
  after > before ? 'wider' : after < before ? 'narrower' : 'other';

function nameOf(one: Json): string {
  if (!isObject(one)) return shown(one);
  const name = NAMES.find(member => typeof one[member] === 'string');
  if (name === undefined) return shown(one);
  return typeof one.method === 'string' ? `${one.method} ${one[name] as string}` : (one[name] as string);
}

const why = (one: Json): string => {
  const reason = isObject(one) ? (one.reason ?? one.why) : undefined;
  return typeof reason === 'string' ? ` (${reason})` : '';
};

const shown = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
