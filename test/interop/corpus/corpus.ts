import { readFileSync } from 'node:fs';
import { type Case, type Kind } from './rules/case.js';
import { KINDS } from './rules.js';

const file = (name: string): string => readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8');

/** The text of a file of the corpus, as it is kept. */
export const keptText = (kind: Kind): string => file(kind);

/** Every case that is kept. */
export const keptCases = (): Case[] => KINDS.flatMap(kind => JSON.parse(file(kind)) as Case[]);

/** Cases of a rule for which another library comes to another verdict, and why it does. */
export interface Disagreement {
  readonly oracle: string;
  readonly rule: string;
  readonly verdict: 'accepts' | 'refuses';
  /** Names behind the rule, exactly those. */
  readonly cases: readonly string[];
  readonly reason: string;
}

export const explained = (): Disagreement[] => JSON.parse(file('disagreements')) as Disagreement[];

/** What has to come of a case. */
export const expected = ({ verdict, reason }: Case): string => (verdict === 'legal' ? 'accepted' : reason!);
