import { inputShapes, undeclaredMembers } from './closed-input.js';
import { schemaFields } from './schema-fields.js';

const text = { type: 'string' };
const closed = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const NODE = closed({ name: text, children: { type: 'array', items: { $ref: '#/$defs/Node' } } });
const TREE = { ...NODE, $defs: { Node: NODE } };
const EITHER = closed({
  pet: { anyOf: [closed({ bark: text, owner: closed({ name: text }) }), closed({ meow: text }), { type: 'null' }] },
});
const BOTH = { allOf: [closed({ one: text }), closed({ other: text })] };
const PAIR = closed({ pair: { type: 'array', prefixItems: [text, closed({ a: text })] } });
/** Both branches lead to both branches. */
const KNOT = {
  $ref: '#/$defs/A',
  $defs: {
    A: closed({ a: text, next: { anyOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/B' }] } }),
    B: closed({ b: text, next: { oneOf: [{ $ref: '#/$defs/B' }, { $ref: '#/$defs/A' }] } }),
  },
};

describe('the members that an input may have', () => {
  it.each<[string, object, object, string[]]>([
    ['of a type that contains itself', TREE, { name: 'a', children: [{ name: 'b', children: [{ x: 1 }] }] }, ['x']],
    ['of one of several types', EITHER, { pet: { bark: 'a', owner: { name: 'b' } } }, []],
    ['of none of several types', EITHER, { pet: { bark: 'a', owner: { sub: 'b' } } }, ['sub']],
    ['of several types at once', BOTH, { one: '1', other: '2' }, []],
    ['of neither of several types', BOTH, { one: '1', third: '3' }, ['third']],
    ['of a pair', PAIR, { pair: ['a', { a: 'b', sub: 'c' }] }, ['sub']],
    ['of types that lead to each other', KNOT, { a: '1', next: { b: '2', next: { a: '3', sub: '4' } } }, ['sub']],
    ['of a text that is an object instead', closed({ id: text }), { id: { sub: 'bob' } }, ['sub']],
    ['of a text that is a list instead', closed({ id: text }), { id: [{ sub: 'bob' }] }, ['sub']],
    ['of a text that is lists of lists instead', closed({ id: text }), { id: [[[{ sub: 'bob' }]]] }, ['sub']],
    ['of a pair that is longer, and holds a list', PAIR, { pair: ['a', { a: 'b' }, [{ sub: 'c' }]] }, ['sub']],
    ['of an object that is a list instead', closed({ one: closed({ a: text }) }), { one: [{ a: 'b' }] }, ['a']],
    ['of a list of anything', closed({ list: { type: 'array' } }), { list: [{ sub: [[{ a: 1 }]] }] }, []],
    ['of an open map', closed({ map: { type: 'object' } }), { map: { sub: { any: [{ thing: 1 }] } } }, []],
    [
      'that every object has by itself',
      closed({ id: text }),
      { toString: 1, hasOwnProperty: 2 },
      ['toString', 'hasOwnProperty'],
    ],
  ])('are those of its schema: %s', (_what, schema, input, undeclared) => {
    expect(undeclaredMembers(input, inputShapes(schema as never), 10)).toEqual(undeclared);
  });

  it('are never those that lead out of an object, however deep', () => {
    const input = JSON.parse('{"map":{"a":[{"__proto__":{"sub":"bob"}}]}}') as object;
    expect(undeclaredMembers(input, inputShapes(closed({ map: { type: 'object' } })), 10)).toEqual(['__proto__']);
    expect(undeclaredMembers(input, undefined, 10)).toEqual(['__proto__']);
  });

  it('are told to a certain number', () => {
    const input = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x${i}`, i]));
    expect(undeclaredMembers(input, inputShapes(closed({})), 10)).toHaveLength(10);
  });
});

describe('the fields of an input', () => {
  const pathsOf = (schema: object) => schemaFields(schema as never).map(({ path }) => path);
  const openIn = (schema: object) =>
    schemaFields(schema as never).flatMap(({ path, isFreeForm }) => (isFreeForm ? [path] : []));

  it('are found through references, lists, branches and maps, and end where a type contains itself', () => {
    expect(pathsOf(TREE)).toEqual(['*', 'name', 'children', 'children[].name', 'children[].children']);
    expect(pathsOf(EITHER)).toEqual(['*', 'pet', 'pet.bark', 'pet.owner', 'pet.owner.name', 'pet.meow']);
    expect(pathsOf(closed({ map: { type: 'object', additionalProperties: closed({ user_id: text }) } }))).toEqual([
      '*',
      'map',
      'map.*.user_id',
    ]);
    expect(pathsOf(KNOT)).toContain('next.b');
  });

  it.each<[string, object, boolean]>([
    ['a text', text, false],
    ['one of several texts', { enum: ['a', 'b'] }, false],
    ['a text or nothing', { anyOf: [text, { type: 'null' }] }, false],
    ['an object with declared members', closed({ a: text }), false],
    ['a list of texts', { type: 'array', items: text }, false],
    ['anything', {}, true],
    ['an object', { type: 'object' }, true],
    ['a map of texts', { type: 'object', additionalProperties: text }, true],
    ['an object with declared members that takes others', closed({ a: text }, { additionalProperties: {} }), true],
    ['an object whose members match a pattern', closed({ a: text }, { patternProperties: { '^x': text } }), true],
    ['a list of anything', { type: 'array', items: {} }, true],
    ['a list', { type: 'array' }, true],
    ['a text or anything', { anyOf: [text, { type: 'object' }] }, true],
    ['what another document describes', { $ref: 'https://schemas.test/any' }, true],
    ['a reference to nothing', { $ref: '#/$defs/Missing' }, true],
  ])('may contain what nobody has declared, or not: %s', (_what, schema, isOpen) => {
    expect(openIn(closed({ field: schema }))).toEqual(isOpen ? ['field'] : []);
  });
});
