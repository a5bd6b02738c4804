import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { jsonOf } from './json-of.js';

class Page {
  items = [1, 2];
  *[Symbol.iterator]() {
    yield* this.items;
  }
}

class Settings {
  theme?: string;
}

class Money {
  #cents = 5n;
  toJSON() {
    return { cents: Number(this.#cents) };
  }
}

function* numbers() {
  yield 1;
}

async function* events() {
  yield await Promise.resolve(1);
}

const circle: Record<string, unknown> = {};
circle.self = circle;

describe('what a handler returns, as JSON', () => {
  it.each<[string, unknown, string | undefined]>([
    ['nothing', undefined, undefined],
    ['null', null, 'null'],
    ['an empty object', {}, '{}'],
    ['an empty object without a prototype', Object.create(null), '{}'],
    ['an instance without values', new Settings(), '{}'],
    ['an empty list', [], '[]'],
    ['empty objects within', { a: {}, b: [{}, new Settings()], c: '{}' }, '{"a":{},"b":[{},{}],"c":"{}"}'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['a URL', new URL('https://shop.example/'), '"https://shop.example/"'],
    ['bytes of Node', Buffer.from('a'), '{"type":"Buffer","data":[97]}'],
    ['an instance that says how it is written', new Money(), '{"cents":5}'],
    ['an instance that can be iterated, and has properties', new Page(), '{"items":[1,2]}'],
  ])('is written: %s', (_what, output, json) => {
    expect(jsonOf(output)).toBe(json);
  });

  it.each<[string, unknown]>([
    ['a cycle', circle],
    ['a BigInt', { amount: 1n }],
    ['an answer of fetch', new Response('{"status":"shipped"}')],
    ['headers', new Headers({ a: 'b' })],
    ['a form', new FormData()],
    ['a blob', new Blob(['a'])],
    ['a stream of Node', Readable.from(['a'])],
    ['a stream of the web', new Blob(['a']).stream()],
    ['a file of Nest', new StreamableFile(Buffer.from('a'))],
    ['a map', new Map([['a', 1]])],
    ['a set', new Set([1])],
    ['a generator', numbers()],
    ['an asynchronous generator', events()],
    ['an error', new Error('secret-4711')],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    [
      'what throws when it is looked at',
      new Proxy({}, { ownKeys: () => [], has: () => { throw new Error('secret-4711'); } }), // prettier-ignore
    ],
    ['a promise within', { order: Promise.resolve(1) }],
    ['a promise in a list', { orders: [{}, [Promise.resolve(1)]] }],
    ['an answer of fetch within', { answer: new Response('a') }],
    ['a stream of Node within', { rows: Readable.from(['a']) }],
    ['a map within', { prices: new Map([['a', 1]]) }],
  ])('is a failure, in place of an empty object or of inner state: %s', (_what, output) => {
    expect(() => jsonOf(output)).toThrow(expect.objectContaining({ code: 'result_unserializable' }));
  });
});
