// @ts-expect-error -- plain JavaScript, which node runs as it is
import { randomFrom } from '../hostile/random.mjs';

export interface Random {
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<One>(list: readonly One[]): One;
  hex(length: number): string;
}

export const seeded = (seed: number): Random => randomFrom(seed) as Random;

const NAMES = [
  ...[
    'user_id',
    'sub',
    'subject',
    'actor',
    'actor_sub',
    'tenant',
    'tenant_id',
    'on_behalf_of',
    'acting_as',
    'impersonate',
  ],
  ...[
    'principal',
    'agent_id',
    'client_id',
    'user',
    'identity',
    'envelope',
    'act',
    'azp',
    'x_actor_sub',
    'run_as',
    'uid',
  ],
];
const PROTOTYPE = ['__proto__', 'constructor', 'prototype'];
const OWN = [
  '_meta',
  '__eie',
  'eie',
  'authInfo',
  'clientInfo',
  'Txn-Token',
  'authorization',
  'toString',
  'hasOwnProperty',
  '',
];

const SEPARATORS = ['_', '-', '.', ' ', '', '__', '\u00a0'];
const LOOK_ALIKES: Record<string, string> = {
  a: 'а',
  c: 'с',
  e: 'е',
  i: 'і',
  o: 'о',
  p: 'р',
  s: 'ѕ',
  u: 'υ',
  t: 'τ',
  n: 'ո',
};
const UNSEEN = ['\u200b', '\u00ad', '\u2060', '\ufe0f'];

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
const fullWidth = (text: string): string =>
  [...text].map(one => (one > ' ' && one <= '~' ? String.fromCodePoint(one.codePointAt(0)! + 0xfee0) : one)).join('');

/** A name that looks like an identity, or leads out of an object, in one of its many spellings. */
export function identityName(random: Random): string {
  if (random.chance(0.15)) return random.pick(PROTOTYPE);
  if (random.chance(0.1)) return random.pick(OWN);
  const words = random.pick(NAMES).split('_').filter(Boolean);
  const joined = random.chance(0.3)
    ? words[0]! + words.slice(1).map(capital).join('')
    : words.join(random.pick(SEPARATORS));
  return respelled(joined, random);
}

/** The same name, to an eye that does not look closely. */
export function respelled(name: string, random: Random): string {
  switch (random.below(7)) {
    case 0:
      return name.toUpperCase();
    case 1:
      return [...name].map(one => (random.chance(0.5) ? one.toUpperCase() : one)).join('');
    case 2:
      return [...name].map(one => (random.chance(0.6) ? (LOOK_ALIKES[one] ?? one) : one)).join('');
    case 3:
      return fullWidth(name);
    case 4:
      return name.slice(0, 1) + random.pick(UNSEEN) + name.slice(1);
    case 5:
      return [...name].map(one => one + (random.chance(0.3) ? '\u0301' : '')).join('');
    default:
      return name;
  }
}
