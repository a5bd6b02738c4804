import { CallerNames } from './host-and-origin.js';

describe('the host name of a request', () => {
  const names = new CallerNames('https://mcp.shop.test/mcp', { allowedHosts: ['mcp.internal'] });
  const refusal = (headers: Record<string, string>) => names.refusalOf(headers)?.code;

  it('is that of HTTP/2 too, which has no Host header', () => {
    expect(refusal({ ':authority': 'mcp.shop.test' })).toBeUndefined();
    expect(refusal({ ':authority': 'mcp.internal:8443' })).toBeUndefined();
    expect(refusal({ ':authority': 'evil.test' })).toBe('host_refused');
  });

  it('is refused when one of two is foreign', () => {
    expect(refusal({ host: 'mcp.shop.test', ':authority': 'evil.test' })).toBe('host_refused');
    expect(refusal({ host: 'evil.test', ':authority': 'mcp.shop.test' })).toBe('host_refused');
  });

  it('is refused when there is none', () => {
    expect(refusal({})).toBe('host_refused');
  });
});
