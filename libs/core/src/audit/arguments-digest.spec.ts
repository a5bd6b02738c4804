import { createHmac } from 'node:crypto';
import { argumentsDigest } from './arguments-digest.js';

const key = Buffer.alloc(32, 7);
const of = (text: string) => createHmac('sha256', key).update(text).digest('base64url');

describe('the digest of arguments', () => {
  it('is over their canonical form: the example of RFC 8785', () => {
    const example = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\/', // eslint-disable-line no-useless-escape
      literals: [null, true, false],
    };
    expect(argumentsDigest(key, example)).toBe(
      of(
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
      ),
    );
  });

  it('orders members by their code units, at every depth, whatever their order was', () => {
    const sorted = of('{"\\r":1,"1":2,"a":{"x":1,"y":2},"\u20ac":3,"\ud83d\ude00":4,"\ufb33":5}');
    expect(
      argumentsDigest(key, { '\ufb33': 5, '\ud83d\ude00': 4, a: { y: 2, x: 1 }, '\u20ac': 3, '1': 2, '\r': 1 }),
    ).toBe(sorted);
  });

  it('is another one for another key or other arguments', () => {
    const digests = [
      argumentsDigest(key, { order: 'A-1' }),
      argumentsDigest(key, { order: 'A-2' }),
      argumentsDigest(Buffer.alloc(32, 8), { order: 'A-1' }),
      argumentsDigest(key, {}),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(digests.every(one => /^[\w-]{43}$/.test(one!))).toBe(true);
  });

  it('is none for what is nested too deep', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(argumentsDigest(key, deep)).toBeNull();
  });
});
