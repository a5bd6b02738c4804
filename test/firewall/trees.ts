import { identityName, type Random, respelled } from './spellings.js';

/** Whom a hostile call would rather be. None of them calls. */
export const VICTIMS = ['bob', 'admin', 'root', 'mallory', 'user-999'];

type Value = unknown;

/** A member may be called `__proto__`: written as JSON, as an attacker writes it, it is one. */
export function object(members: readonly (readonly [string, Value])[]): Record<string, Value> {
  const made: Record<string, Value> = {};
  for (const [name, value] of members)
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  return made;
}

/** Who acts, as a text, an object, a list, or JSON in a text. */
export function identityValue(random: Random, depth = 0): Value {
  const victim = random.pick(VICTIMS);
  switch (random.below(depth > 4 ? 5 : 10)) {
    case 0:
      return JSON.stringify({ user_id: victim, actor: { sub: victim, tenant: 'globex' } });
    case 1:
      return [victim, { sub: victim }];
    case 2:
      return random.pick([
        0,
        1,
        -1,
        1e308,
        true,
        false,
        null,
        '',
        ' ',
        '${user}',
        '{{sub}}',
        `${victim}\u0000`,
        `${victim}\r\nsub: ${victim}`,
      ]);
    case 3:
      return { type: 'user', issuer: 'https://evil.test', sub: victim, tenant: 'globex' };
    case 4:
      return victim;
    default:
      return hostileTree(random, depth + 1);
  }
}

/** An object at whose every level somebody is named. */
export function hostileTree(random: Random, depth = 0): Record<string, Value> {
  return object(
    Array.from({ length: 1 + random.below(4) }, () => [identityName(random), identityValue(random, depth)] as const),
  );
}

/** The input of a legitimate call of each tool. */
export function goodInput(tool: string, random: Random): Record<string, Value> {
  switch (tool) {
    case 'order':
      return {
        note: random.pick(['for Bob', 'user_id=bob', '{"sub":"bob"}', 'please hurry']),
        lines: [{ sku: `sku-${random.below(100)}`, count: 1 + random.below(9) }],
      };
    case 'search':
      return { words: 'tea', ...(random.chance(0.5) && { user_id: random.pick(VICTIMS), tenant: 'globex' }) };
    case 'label':
      return { labels: { colour: 'red', user_id: 'bob', nested: [{ sub: 'bob' }] } };
    default:
      return {};
  }
}

/** Good input with somebody named where it can hurt, or no good input at all. */
export function hostileInput(tool: string, random: Random): Value {
  const good = goodInput(tool, random);
  const named = [identityName(random), identityValue(random)] as const;
  switch (random.below(10)) {
    case 0:
      return hostileTree(random);
    case 1:
      return random.pick<Value>([[hostileTree(random)], 'bob', 42, null, true, JSON.stringify(hostileTree(random))]);
    case 2:
      return { ...good, lines: [object([['sku', 'a'], ['count', 1], named])] };
    case 3:
      return { ...good, labels: object([named, ['deep', [hostileTree(random)]]]) };
    case 4:
      return object([
        ...Object.entries(good),
        [respelled(random.pick(Object.keys(good).concat('note')), random), 'bob'],
      ]);
    case 5:
      return object([...Object.entries(good), ['user_id', identityValue(random)], ['tenant', identityValue(random)]]);
    case 6:
      return object([[random.pick(['note', 'words', 'tone', 'labels']), JSON.stringify(hostileTree(random))]]);
    case 7: {
      const tree = [hostileTree(random)];
      return { ...good, [random.pick(Object.keys(good).concat('note'))]: random.pick<Value>([tree, [tree]]) };
    }
    case 8:
      return object([['__proto__', good], ...Object.entries(good), named]);
    default:
      return object([...Object.entries(good), named]);
  }
}
