import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { carriedEnvelope, carrierOf, carryDecision, decisionOf, envelopeOf, traceIdFrom } from './execution-record.js';

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

describe('what a carrier carries', () => {
  const context = (type: string, ...args: object[]) => {
    const host = new ExecutionContextHost(args);
    host.setType(type);
    return host;
  };

  it('is the request over HTTP, and the trusted call, never the input, over MCP', () => {
    const [first, second] = [{}, {}];
    expect(carrierOf(context('http', first, second))).toBe(first);
    expect(carrierOf(context('mcp', first, second))).toBe(first);
    for (const type of ['rpc', 'ws', 'graphql'])
      expect(() => carrierOf(context(type, first))).toThrow(expect.objectContaining({ code: 'unsupported_context' }));
  });

  it('is not inherited, copied or read from the properties of the carrier', () => {
    const carrier = {};
    const [handler, other] = [() => 1, () => 2];
    carryDecision(carrier, { handler, admitted: {} as never, tool: 't', traceId: ID });
    expect(decisionOf(carrier, handler)).toMatchObject({ tool: 't' });
    expect(decisionOf(carrier, other)).toBeUndefined();
    expect(decisionOf({ ...carrier }, handler)).toBeUndefined();
    expect(decisionOf(Object.create(carrier) as object, handler)).toBeUndefined();
    expect(carriedEnvelope({ user: { actor: { sub: 'alice' } } })).toBeUndefined();
    expect(() => envelopeOf(context('http', { user: {} }))).toThrow(
      expect.objectContaining({ code: 'identity_missing' }),
    );
  });
});
