import { once } from 'node:events';
import { createServer, IncomingMessage, request as send, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { bearerToken } from './credential.js';
import { type HttpRequest } from '../http/http-request.js';
import { stripCredentials } from './strip-credentials.js';

/** A request as Node's parser makes it of these header lines. */
function request(rawHeaders: string[], more: object = {}): HttpRequest {
  const message = new IncomingMessage(new Socket());
  message.rawHeaders = [...rawHeaders];
  for (let i = 0; i < rawHeaders.length; i += 2) message.headers[rawHeaders[i]!.toLowerCase()] ??= rawHeaders[i + 1];
  return Object.assign(message as HttpRequest, more);
}
const code = (value: string) => expect.objectContaining({ code: value });

describe('bearerToken', () => {
  it.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c'])('reads %j', value => {
    expect(bearerToken(request(['authorization', value]))).toBe('a.b.c');
  });

  it.each(['', 'Bearer', 'Basic abc', 'DPoP a.b.c', 'Bearera.b.c', 'a.b.c', ' Bearer a.b.c'])(
    'finds no credential in %j',
    value => {
      expect(() => bearerToken(request(['authorization', value]))).toThrow(code('credentials_missing'));
    },
  );

  it.each(['Bearer ', 'Bearer  a', 'Bearer a b', 'Bearer a\tb', 'Bearer a,b', 'Bearer a, Bearer b'])(
    'takes %j for a malformed request',
    value => {
      expect(() => bearerToken(request(['authorization', value]))).toThrow(code('request_malformed'));
    },
  );

  it('takes two credentials for a malformed request, wherever the second is', () => {
    const one = ['Authorization', 'Bearer a'];
    const form = ['Content-Type', 'Application/x-www-form-urlencoded; charset=utf-8'];
    const malformed = [
      request([...one, 'AUTHORIZATION', 'Bearer a']),
      request([...one, 'authorization', '']),
      request(one, { query: { access_token: '' } }),
      request([], { query: Object.assign(Object.create(null), { access_token: ['a'] }) }),
      request([...one, ...form], { body: { access_token: 'b' } }),
    ];
    for (const each of malformed) expect(() => bearerToken(each)).toThrow(code('request_malformed'));
    expect(
      bearerToken(request([...one, 'Content-Type', 'application/json'], { body: { access_token: 'b' }, query: {} })),
    ).toBe('a');
  });

  it('does not care what another layer has put into headers.authorization', () => {
    const other = request(['authorization', 'Bearer a']);
    other.headers.authorization = 'Bearer b';
    expect(bearerToken(other)).toBe('a');
  });
});

describe('stripCredentials', () => {
  const lines = [
    'X-Keep',
    '1',
    'Authorization',
    'Bearer a',
    'AUTHORIZATION',
    'Bearer b',
    'DPoP',
    'p',
    'Txn-Token',
    't',
    'Proxy-Authorization',
    'q',
    'X-Keep',
    '2',
  ];
  const server = createServer();

  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void server.close());

  /** A request of Node's own making, and the response to it. */
  async function received(headers = lines): Promise<[HttpRequest, ServerResponse]> {
    const arrival = once(server, 'request') as Promise<[HttpRequest, ServerResponse]>;
    send({
      port: (server.address() as AddressInfo).port,
      headers: ['Host', 'mcp.test', ...headers, 'Connection', 'close'],
      agent: false,
    })
      .on('response', answer => answer.resume())
      .end();
    return arrival;
  }
  const KEPT = ['Host', 'mcp.test', 'X-Keep', '1', 'X-Keep', '2', 'Connection', 'close'];

  it.each([false, true])(
    'removes every credential and nothing else (headersDistinct read before: %s)',
    async readBefore => {
      const [request, response] = await received();
      const kept = request.rawHeaders;
      if (readBefore) expect(request.headersDistinct.authorization).toEqual(['Bearer a', 'Bearer b']);
      stripCredentials(new ExecutionContextHost([request, response]));
      expect(kept).toEqual(KEPT);
      expect(request.rawHeaders).toBe(kept);
      expect({ ...request.headers }).toEqual({ host: 'mcp.test', 'x-keep': '1, 2', connection: 'close' });
      expect({ ...request.headersDistinct }).toEqual({
        host: ['mcp.test'],
        'x-keep': ['1', '2'],
        connection: ['close'],
      });
      response.end();
    },
  );

  it('makes reading the token an error that names the way to call an API, until the answer is out', async () => {
    const [request, response] = await received();
    stripCredentials(new ExecutionContextHost([request, response]));
    expect(() => request.headers.authorization).toThrow(/@Delegated\(\) or DelegationService/);
    expect(JSON.stringify(request.headers)).toBe('{"host":"mcp.test","x-keep":"1, 2","connection":"close"}');
    response.end();
    expect(request.headers.authorization).toBeUndefined();
  });

  it('strips the Node request behind the wrappers of Fastify', async () => {
    const [raw, response] = await received();
    stripCredentials(new ExecutionContextHost([{ raw }, { raw: response }]));
    expect(raw.rawHeaders).toEqual(KEPT);
    expect(() => raw.headers.authorization).toThrow(/DelegationService/);
    response.end();
  });

  it('does not complain about a token that was never there', async () => {
    const [request, response] = await received(['X-Keep', '1', 'X-Keep', '2']);
    stripCredentials(new ExecutionContextHost([request, response]));
    expect(request.headers.authorization).toBeUndefined();
    response.end();
  });
});
