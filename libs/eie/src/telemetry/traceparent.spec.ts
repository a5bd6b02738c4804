import { parseTraceparent, traceparent } from './traceparent.js';

const [ID, PARENT] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

describe('a traceparent', () => {
  it.each([
    ['00', 0],
    ['01', 1],
    ['02', 2],
    ['03', 3],
    ['ff', 3],
    ['fc', 0],
  ])('of version 00 keeps of the flags %s what level 2 knows', (flags, kept) => {
    const parsed = parseTraceparent(`00-${ID}-${PARENT}-${flags}`)!;
    expect(parsed).toEqual({ traceId: ID, parentId: PARENT, flags: kept });
    expect(traceparent(parsed)).toBe(`00-${ID}-${PARENT}-0${kept}`);
  });

  it.each(['cc-*', 'cc-*-', 'cc-*-what-the-future-will-be-like', '01-*', `fe-*-${'x'.repeat(100_000)}`])(
    'of a later version counts as far as version 00 goes: %j',
    version => {
      const value = version.replace('*', `${ID}-${PARENT}-01`);
      expect(parseTraceparent(value)).toEqual({ traceId: ID, parentId: PARENT, flags: 1 });
    },
  );

  it.each([
    undefined,
    null,
    7,
    '',
    [`00-${ID}-${PARENT}-01`],
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    `ff-${ID}-${PARENT}-01`,
    `ff-${ID}-${PARENT}-01-x`,
    `00-${ID.toUpperCase()}-${PARENT}-01`,
    `00-${ID}-${PARENT.toUpperCase()}-01`,
    `00-${ID}-${PARENT}-0A`,
    `CC-${ID}-${PARENT}-01`,
    `00-${ID}-${PARENT}`,
    `00-${ID}-${PARENT}-1`,
    `00-${ID}-${PARENT}-01-x`,
    `00-${ID}-${PARENT}-01-`,
    `cc-${ID}-${PARENT}-01.x`,
    `cc-${ID}-${PARENT}-011`,
    `cc-${ID}-${PARENT}-01-x, 00-${ID}-${PARENT}-01`,
    `00-${ID}-${PARENT}-01, 00-${ID}-${PARENT}-01`,
    ` 00-${ID}-${PARENT}-01`,
    `00-${ID.slice(1)}-${PARENT}-01`,
    `00-${ID}-${PARENT}-01\n`,
    `00-${'g'.repeat(32)}-${PARENT}-01`,
    `${'0'.repeat(100_000)}-`,
  ])('is none: %j', value => {
    expect(parseTraceparent(value)).toBeUndefined();
  });
});
