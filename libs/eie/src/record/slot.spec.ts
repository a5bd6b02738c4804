import { inspect } from 'node:util';
import { Slot } from './slot.js';

const REFUSED = expect.objectContaining({ name: 'EieError', code: 'unsupported_context' });

describe('a slot', () => {
  it('gives back what its carrier was filled with last, and nothing for any other value', () => {
    const slot = new Slot<string>();
    const carrier = {};
    expect(slot.of(carrier)).toBeUndefined();
    slot.fill(carrier, 'first');
    slot.fill(carrier, 'second');
    expect(slot.of(carrier)).toBe('second');
    for (const other of [undefined, null, 7, 'text', Symbol('x'), {}, () => 1]) expect(slot.of(other)).toBeUndefined();
  });

  it('is apart from every other slot of the same carrier', () => {
    const [one, other] = [new Slot<string>(), new Slot<string>()];
    const carrier = {};
    one.fill(carrier, 'one');
    expect(other.of(carrier)).toBeUndefined();
    other.fill(carrier, 'other');
    expect([one.of(carrier), other.of(carrier)]).toEqual(['one', 'other']);
  });

  it('takes any kind of object: of a class, without a prototype, a function, a proxy', () => {
    const slot = new Slot<number>();
    const carriers = [new (class Request {})(), Object.create(null), () => 1, new Proxy({}, {}), [], new Map()];
    carriers.forEach((carrier, i) => slot.fill(carrier, i));
    expect(carriers.map(carrier => slot.of(carrier))).toEqual(carriers.map((_carrier, i) => i));
  });

  it('is not copied, inherited, listed, printed or seen through a proxy', () => {
    const slot = new Slot<string>();
    const carrier = { id: 7 };
    slot.fill(carrier, 'a secret value');
    for (const other of [{ ...carrier }, Object.create(carrier), structuredClone(carrier), new Proxy(carrier, {})])
      expect(slot.of(other)).toBeUndefined();
    expect(Reflect.ownKeys(carrier)).toEqual(['id']);
    expect(JSON.stringify(carrier) + inspect(carrier, { showHidden: true, depth: Infinity })).not.toContain('secret');
  });

  it('keeps its value, and takes another, when its carrier is frozen afterwards', () => {
    const slot = new Slot<string>();
    const carrier = {};
    slot.fill(carrier, 'before');
    Object.freeze(carrier);
    expect(slot.of(carrier)).toBe('before');
    slot.fill(carrier, 'after');
    expect(slot.of(carrier)).toBe('after');
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'request'],
    ['a number', 7],
    ['an object that is frozen already', Object.freeze({})],
    ['an object that takes no more properties', Object.preventExtensions({})],
  ])('refuses what can carry nothing, by name: %s', (_what, carrier) => {
    const slot = new Slot<string>();
    expect(() => slot.fill(carrier, 'value')).toThrow(REFUSED);
    expect(slot.of(carrier)).toBeUndefined();
  });
});
