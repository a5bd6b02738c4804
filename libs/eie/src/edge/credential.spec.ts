import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { bearerToken } from './credential.js';
import { type HttpRequest } from '../http/http-request.js';
import { takeCredentials } from './take-credentials.js';

/** A request as Node's parser makes it of these header lines, after the edge. */
function request(rawHeaders: string[], more: object = {}): HttpRequest {
  const message = new IncomingMessage(new Socket());
  message.rawHeaders = [...rawHeaders];
  for (let i = 0; i < rawHeaders.length; i += 2) message.headers[rawHeaders[i]!.toLowerCase()] ??= rawHeaders[i + 1];
  takeCredentials(message);
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
