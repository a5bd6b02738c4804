import actors from './rules/actors.js';
import algorithms from './rules/algorithms.js';
import authorization from './rules/authorization.js';
import { type Case, type Kind } from './rules/case.js';
import headerMembers from './rules/header-members.js';
import informativeClaims from './rules/informative-claims.js';
import jsonText from './rules/json-text.js';
import keyMembers from './rules/key-members.js';
import keySets from './rules/key-sets.js';
import metadata from './rules/metadata.js';
import parties from './rules/parties.js';
import recipients from './rules/recipients.js';
import rights from './rules/rights.js';
import spelling from './rules/spelling.js';
import times from './rules/times.js';
import unknownClaims from './rules/unknown-claims.js';
import unusableKeys from './rules/unusable-keys.js';

const RULES = [
  ...[informativeClaims, unknownClaims, recipients, parties, actors, times, rights, jsonText],
  ...[algorithms, headerMembers, spelling],
  ...[keyMembers, unusableKeys, keySets],
  metadata,
  authorization,
].flat();

/** Each is a file of the corpus. */
export const KINDS = ['claims', 'header', 'keys', 'metadata', 'authorization'] as const satisfies Kind[];

/** What the rules generate, always in the same order. */
export const generated = (kind: Kind): Case[] => RULES.flatMap(({ cases }) => cases).filter(one => one.kind === kind);

/** The text of a file: a case in each line. */
export const textOf = (cases: readonly Case[]): string =>
  `[\n${cases.map(one => JSON.stringify(one)).join(',\n')}\n]\n`;
