import { reachableTexts } from './walk.js';

const SECRET = 'a-secret-that-is-long-enough-to-be-a-token';
class Holder {
  #value = SECRET;
  get value() {
    return this.#value;
  }
}
const cyclic: Record<string, unknown> = { secret: SECRET };
cyclic.self = cyclic;

describe('the walk reaches a text', () => {
  it.each<[string, unknown]>([
    ['in a property', { a: { b: SECRET } }],
    ['in a property that is not enumerable', Object.defineProperty({}, 'hidden', { value: SECRET, enumerable: false })],
    ['under a symbol', { [Symbol('hidden')]: SECRET }],
    ['that is a property name', { [SECRET]: 1 }],
    ['that is a symbol', { [Symbol(SECRET)]: 1 }],
    ['behind a getter of the class', new Holder()],
    ['in a Map', new Map([['key', { deep: SECRET }]])],
    ['in the key of a Map', new Map([[{ deep: SECRET }, 1]])],
    ['in a Set', new Set([[SECRET]])],
    ['in Headers', new Headers({ authorization: `Bearer ${SECRET}` })],
    ['in rawHeaders', { rawHeaders: ['Authorization', `Bearer ${SECRET}`] }],
    ['in a Buffer', Buffer.from(`..${SECRET}..`)],
    ['in a property of a function', Object.assign(() => 0, { secret: SECRET })],
    ['in an object that contains itself', cyclic],
  ])('%s', (_name, value) => {
    expect(reachableTexts({ value }).some(({ text }) => text.includes(SECRET))).toBe(true);
  });

  it('and goes on after a getter that throws', () => {
    const value = {
      get token(): string {
        throw new Error('stripped');
      },
      next: SECRET,
    };
    expect(reachableTexts({ value }).map(({ path }) => path)).toContain('value.next');
  });
});
