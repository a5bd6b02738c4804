import { EieError } from 'execution-identity';
import { findingOf } from 'execution-identity/internal';
import * as oauth from 'oauth4webapi';
import { failureOf } from './token-failure.js';
import { tokenRefusal } from './token-refusal.js';

const NOW = 1_800_000_000;
const URL = 'https://login.shop.test/token';
const asked = { exchange: {}, url: URL, isSubjectExpired: false };

const answered = (body: object, status = 400, headers: Record<string, string> = {}) =>
  new oauth.ResponseBodyError('an error of the library', {
    cause: body as oauth.OAuth2Error,
    response: new Response(null, { status, headers }),
  });
const failed = async (error: unknown, more: object = {}) =>
  failureOf(await tokenRefusal(error, NOW), { ...asked, ...more });

describe('the failure of a token request', () => {
  it('tells the operator endpoint, status and the known code, and no text', async () => {
    const entra = { errors: 'entra_id' } as const;
    const body = { error: 'invalid_grant', error_description: 'AADSTS65001: alice', error_codes: [65001] };
    expect(findingOf(await failed(answered(body), { exchange: entra }))).toEqual({
      url: URL,
      status: 400,
      said: 'AADSTS65001',
    });
    const unknown = { error: 'invalid_grant', error_description: 'AADSTS99999: alice', error_codes: [99999] };
    expect(findingOf(await failed(answered(unknown), { exchange: entra }))).toMatchObject({
      said: 'invalid_grant, AADSTS99999',
    });
    expect(findingOf(await failed(answered({ error: 'alice' })))).toMatchObject({ said: 'other' });
  });

  it('tells the operator which connection failed and how', async () => {
    const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    const error = await failed(refused);
    expect([error.code, findingOf(error)]).toEqual(['delegation_unavailable', { url: URL, status: 'ECONNREFUSED' }]);
  });

  it('is a token that has ended, where the server calls every request with a bad token malformed', async () => {
    const error = answered({ error: 'invalid_request' });
    expect((await failed(error)).code).toBe('delegation_denied');
    expect((await failed(error, { isSubjectExpired: true })).code).toBe('delegation_reauthenticate');
  });

  it.each([
    ['seconds', '7', 7],
    ['a date', new Date((NOW + 30) * 1000).toUTCString(), 30],
    ['a date that has passed', new Date((NOW - 30) * 1000).toUTCString(), 0],
    ['a day', '86400', 60],
    ['neither', 'soon', 5],
  ])('waits as long as %s say, a minute at most', async (_what, said, seconds) => {
    const error = await failed(answered({ error: 'slow_down' }, 429, { 'retry-after': said }));
    expect([error.code, error.retryAfter]).toEqual(['delegation_rate_limited', seconds]);
  });

  it.each([
    ['Okta, by the time of the reset', { 'x-rate-limit-reset': `${NOW + 40}` }, 40],
    ['Auth0, by the time of the reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${NOW + 7200}` }, 60],
    ['a server that counts seconds', { 'ratelimit-reset': '12' }, 12],
    ['a server whose limit is over', { 'x-rate-limit-reset': `${NOW - 5}` }, 0],
    ['a server that says both', { 'retry-after': '3', 'x-rate-limit-reset': `${NOW + 40}` }, 3],
    ['a server that says nothing that is understood', { 'x-rate-limit-reset': 'soon' }, 5],
  ])('waits as long as a 429 of %s says', async (_server, headers, seconds) => {
    const page = new Response('{"errorCode":"E0000047"}', { status: 429, headers: headers as Record<string, string> });
    const error = await failed(Object.assign(new Error('no conform response'), { cause: page }));
    expect([error.code, error.retryAfter]).toEqual(['delegation_rate_limited', seconds]);
  });

  it('is an outage only where the server failed', async () => {
    const outage = async (error: unknown) => (await tokenRefusal(error, NOW)).isOutage;
    const page = (status: number, body: object) =>
      Object.assign(new Error('no conform response'), {
        cause: new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } }),
      });
    expect(await outage(page(500, {}))).toBe(true);
    expect(await outage(page(503, { error: 'server_error' }))).toBe(true);
    expect(await outage(page(503, { error: 'temporarily_unavailable' }))).toBe(false);
    expect(await outage(page(429, {}))).toBe(false);
    expect(await outage(new DOMException('late', 'TimeoutError'))).toBe(true);
  });

  it.each([301, 302, 307, 404, 405, 410])('sends the operator to the URL where that answers %s', async status => {
    const error = await failed(
      Object.assign(new Error('no conform response'), { cause: new Response('{"error":"Not Found"}', { status }) }),
    );
    expect([error.code, findingOf(error)]).toEqual([
      'delegation_unavailable',
      { url: URL, status, fix: expect.stringContaining('No token endpoint answers at this URL') },
    ]);
  });

  it('is ours where we failed', () => {
    const ours = new EieError('signing_unavailable');
    expect(failureOf(ours, asked)).toBe(ours);
  });
});
