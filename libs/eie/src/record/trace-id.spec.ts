import { traceIdFrom } from './trace-id.js';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('traceIdFrom', () => {
  it('takes the trace id of a valid traceparent', () => {
    expect(traceIdFrom(`00-${ID}-00f067aa0ba902b7-01`)).toBe(ID);
  });

  it.each([
    undefined,
    null,
    7,
    '',
    [`00-${ID}-00f067aa0ba902b7-01`],
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `ff-${ID}-00f067aa0ba902b7-01`,
    `00-${ID.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${ID}-00f067aa0ba902b7`,
    `00-${ID}-00f067aa0ba902b7-01-x`,
    ` 00-${ID}-00f067aa0ba902b7-01`,
    `00-${ID.slice(1)}-00f067aa0ba902b7-01`,
    `00-${ID}-00f067aa0ba902b7-01\n`,
    `00-${'g'.repeat(32)}-00f067aa0ba902b7-01`,
  ])('makes a new one for %j', traceparent => {
    const [one, other] = [traceIdFrom(traceparent), traceIdFrom(traceparent)];
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(one).not.toBe(ID);
    expect(one).not.toBe(other);
  });
});
