import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { bearerToken } from './credential.js';
import { takeCredentials } from './take-credentials.js';
import { type HttpRequest } from '../http/http-request.js';
import { type CallHeaders } from 'execution-identity';
import { callCredentials } from 'execution-identity/internal';

const TXN = ['Txn-Token', 't.t.t'];
const PAIR = { accessToken: 'a.a.a', sealed: 't.t.t' };

/** The pair, or the code of its refusal. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
const read = (headers: CallHeaders) => outcome(() => callCredentials(headers));

describe('the credentials of a call', () => {
  it.each<[string, CallHeaders]>([
    ['rawHeaders', ['Host', 'api.test', 'AUTHORIZATION', 'bearer a.a.a', 'Txn-Token', 't.t.t']],
    ['headers', { authorization: 'Bearer a.a.a', 'txn-token': 't.t.t', 'set-cookie': ['x'], accept: undefined }],
    ['headersDistinct', { authorization: ['Bearer a.a.a'], 'txn-token': ['t.t.t'] }],
    ['Headers', new Headers({ Authorization: 'Bearer a.a.a', 'Txn-Token': 't.t.t' })],
  ])('are found in %s', (_form, headers) => {
    expect(read(headers)).toEqual(PAIR);
  });

  it.each<[string, CallHeaders]>([
    ['rawHeaders, two of Authorization', ['Authorization', 'Bearer a.a.a', 'authorization', 'Bearer a.a.a', ...TXN]],
    ['rawHeaders, a second one that is empty', ['Authorization', 'Bearer a.a.a', 'authorization', '', ...TXN]],
    ['rawHeaders, two of Txn-Token', ['Authorization', 'Bearer a.a.a', ...TXN, ...TXN]],
    [
      'headersDistinct, two of Authorization',
      { authorization: ['Bearer a.a.a', 'Bearer a.a.a'], 'txn-token': ['t.t.t'] },
    ],
    ['headers, two of Txn-Token as Node joins them', { authorization: 'Bearer a.a.a', 'txn-token': 't.t.t, t.t.t' }],
    [
      'an object with two spellings of one name',
      { authorization: 'Bearer a.a.a', Authorization: 'Bearer a.a.a', 'txn-token': 't.t.t' },
    ],
    [
      'Headers, two of Authorization',
      new Headers([
        ['Authorization', 'Bearer a.a.a'],
        ['Authorization', 'Bearer a.a.a'],
        ['Txn-Token', 't.t.t'],
      ]),
    ],
    [
      'Headers, two of Txn-Token',
      new Headers([
        ['Authorization', 'Bearer a.a.a'],
        ['Txn-Token', 't.t.t'],
        ['Txn-Token', 't.t.t'],
      ]),
    ],
  ])('that come twice are a malformed request: %s', (_form, headers) => {
    expect(read(headers)).toBe('request_malformed');
  });

  it.each<[string, string[], string]>([
    ['no Authorization', TXN, 'credentials_missing'],
    ['another scheme', ['Authorization', 'DPoP a.a.a', ...TXN], 'credentials_missing'],
    ['a scheme without a token', ['Authorization', 'Bearer', ...TXN], 'credentials_missing'],
    ['no Txn-Token', ['Authorization', 'Bearer a.a.a'], 'txn_token_missing'],
    ['an empty Txn-Token', ['Authorization', 'Bearer a.a.a', 'Txn-Token', ''], 'txn_token_missing'],
    ['a Txn-Token with a scheme', ['Authorization', 'Bearer a.a.a', 'Txn-Token', 'Bearer t.t.t'], 'request_malformed'],
    ['two Txn-Tokens in one line', ['Authorization', 'Bearer a.a.a', 'Txn-Token', 't.t.t,t.t.t'], 'request_malformed'],
    ['a name that only begins alike', ['Authorization', 'Bearer a.a.a', 'Txn-Token-2', 't.t.t'], 'txn_token_missing'],
    ['a value that looks like a name', ['X', 'authorization', 'Bearer a.a.a', 'X', ...TXN], 'credentials_missing'],
  ])('are refused: %s', (_what, headers, code) => {
    expect(read(headers)).toBe(code);
  });

  it('are as many to a receiver as to the boundary, whatever the header lines', () => {
    const word = fc.constantFrom('Bearer', 'bearer', 'BEARER', 'Basic', 'a.a.a', ' ', '  ', '\t', ',', 'Bearer ', '');
    const value = fc.array(word, { maxLength: 5 }).map(words => words.join(''));
    const name = fc.constantFrom('Authorization', 'authorization', 'AUTHORIZATION', 'Proxy-Authorization', 'X');
    const lines = fc.array(fc.tuple(name, value), { maxLength: 3 }).map(all => all.flat());
    fc.assert(
      fc.property(lines, rawHeaders => {
        const request = Object.assign(new IncomingMessage(new Socket()) as HttpRequest, {
          rawHeaders: [...rawHeaders],
        });
        takeCredentials(request);
        const here = outcome(() => callCredentials([...rawHeaders, ...TXN]).accessToken);
        const there = outcome(() => bearerToken(request));
        // The edge leaves other schemes to the application, however many they are.
        if (there === 'credentials_missing') expect(['credentials_missing', 'request_malformed']).toContain(here);
        else expect(here).toEqual(there);
      }),
      { numRuns: 5000 },
    );
  });
});
