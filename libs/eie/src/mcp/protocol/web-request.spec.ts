import { type IncomingMessage } from 'node:http';
import { webRequest } from './web-request.js';

const of = (headers: Record<string, string | string[]>, method = 'POST', url = '/mcp?a=1') =>
  webRequest({ method, url, headers } as unknown as IncomingMessage, new AbortController().signal);

describe('the request that the SDK reads', () => {
  const fields = { host: 'mcp.test', 'content-type': 'application/json', 'x-two': ['1', '2'], ':path': '/mcp' };

  it('is a Request with what came, and without the pseudo-headers of HTTP/2', () => {
    const request = of(fields)!;
    expect(request).toBeInstanceOf(Request);
    expect(request.headers).toBeInstanceOf(Headers);
    expect([request.method, request.url]).toEqual(['POST', 'http://mcp.test/mcp?a=1']);
    expect(['Content-Type', 'X-Two', 'constructor', ':path'].map(name => request.headers.get(name))).toEqual([
      'application/json',
      '1, 2',
      null,
      null,
    ]);
  });

  it('answers the same whether it is asked for one field or for all of them', () => {
    const { headers } = of(fields)!;
    const before = headers.get('x-two');
    expect(Object.fromEntries(headers)).toEqual({
      host: 'mcp.test',
      'content-type': 'application/json',
      'x-two': '1, 2',
    });
    expect([headers.has('HOST'), headers.has('absent'), headers.get('x-two')]).toEqual([true, false, before]);
    headers.set('x-two', '3');
    expect(headers.get('x-two')).toBe('3');
  });

  it('can be used whole: copied, and followed when it is aborted', async () => {
    const client = new AbortController();
    const node = { method: 'POST', url: '/mcp', headers: fields } as unknown as IncomingMessage;
    const request = webRequest(node, client.signal)!;
    const copy = new Request(request.clone(), { method: 'DELETE' });
    expect([copy.method, copy.url, copy.headers.get('host')]).toEqual(['DELETE', 'http://mcp.test/mcp', 'mcp.test']);
    expect(await request.text()).toBe('');
    client.abort();
    expect([request.signal.aborted, copy.signal.aborted]).toEqual([true, true]);
  });

  it('keeps what it was: a header that is put into the request later is not in it', () => {
    const headers: Record<string, string> = { ...fields, 'x-two': '2' };
    const request = of(headers)!;
    headers.authorization = 'Bearer secret';
    expect([request.headers.get('authorization'), request.headers.has('authorization')]).toEqual([null, false]);
  });

  it('is none for a method that MCP does not have', () => expect(of(fields, 'PUT')).toBeUndefined());
});
