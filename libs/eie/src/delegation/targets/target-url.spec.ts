import fc from 'fast-check';
import { targetUrl } from './target-url.js';

const BASE = new URL('https://api.test/shop/v1');

describe('targetUrl', () => {
  it.each([
    ['', 'https://api.test/shop/v1/'],
    ['/', 'https://api.test/shop/v1/'],
    ['orders', 'https://api.test/shop/v1/orders'],
    ['/orders/1', 'https://api.test/shop/v1/orders/1'],
    ['?a=1', 'https://api.test/shop/v1?a=1'],
    ['/orders?to=https://evil.test/../%2f', 'https://api.test/shop/v1/orders?to=https://evil.test/../%2f'],
    ['/orders#/../x', 'https://api.test/shop/v1/orders#/../x'],
    ['/a.b/..c/d..', 'https://api.test/shop/v1/a.b/..c/d..'],
    ['/v1/x;v=1', 'https://api.test/shop/v1/v1/x;v=1'],
    ['/caf%C3%A9', 'https://api.test/shop/v1/caf%C3%A9'],
    ['/100%25', 'https://api.test/shop/v1/100%25'],
    ['/orders?next=../x', 'https://api.test/shop/v1/orders?next=../x'],
    ['/orders?rate=100%&to=..;/%252e', 'https://api.test/shop/v1/orders?rate=100%&to=..;/%252e'],
    ['/%C3%A4', 'https://api.test/shop/v1/%C3%A4'],
    ['/ä', 'https://api.test/shop/v1/%C3%A4'],
    ['https://api.test/shop/v1', 'https://api.test/shop/v1'],
    ['https://API.test:443/shop/v1/x', 'https://api.test/shop/v1/x'],
  ])('%j stays inside, at %s', (input, expected) => {
    expect(targetUrl(BASE, input).href).toBe(expected);
  });

  it.each([
    '..',
    '.',
    '../x',
    '/..',
    '/./x',
    '/x/../y',
    '/x/..',
    '/x/.',
    '/%2e%2e/x',
    '/.%2E/x',
    '/%2e',
    '/x%2fy',
    '/x%2Fy',
    '/x%5cy',
    '\\x',
    '/x\\y',
    '/\\x',
    '\\\\evil.test',
    '//evil.test',
    '///evil.test',
    '/..;/..;/admin',
    '/x/..;v=1',
    '/.;x',
    '/..%3b/admin',
    '/%252e%252e%252fadmin',
    '/%25252e%25252e/admin',
    '/x%255cy',
    '/．．/admin',
    '/‥/admin',
    '/x／y',
    '/%EF%BC%8E%EF%BC%8E/admin',
    '/％2e％2e/admin',
    '/%c0%ae%c0%ae/admin',
    '/100%',
    '/x%00',
    '/x%0d%0ay',
    'https://api.test/shop/v1/..;/admin',
    '/x\ty',
    '/x\ny',
    '/x y',
    ' /x',
    '\u0000',
    '/x\u007f',
    '/x\u00a0y',
    '/x\u2028y',
    'https://evil.test/shop/v1',
    'http://api.test/shop/v1',
    'https://api.test',
    'https://api.test/shop/v12',
    'https://api.test/shop',
    'https://api.test/shop/v1/../v2',
    'https://api.test:8443/shop/v1',
    'https://user@api.test/shop/v1',
    'https://user:pw@api.test/shop/v1',
    'https://api.test@evil.test/shop/v1',
    'https:/shop/v1',
    'file:///shop/v1',
    'javascript:1',
    'data:,x',
    'a:b',
    'https://[',
  ])('%j is refused', input => {
    expect(() => targetUrl(BASE, input)).toThrow(expect.objectContaining({ code: 'target_url_refused' }));
  });

  it('gives a URL below the base without a step up, or none, whatever the path is made of', () => {
    const parts = [
      '/',
      '.',
      '..',
      ';',
      '%2e',
      '%2f',
      '%25',
      '\\',
      '//',
      '@evil.test',
      'https://evil.test',
      '?',
      '#',
      'a',
      'é',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 10 }), all => {
        let url: URL;
        try {
          url = targetUrl(BASE, all.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'target_url_refused' });
          return;
        }
        expect([url.origin, url.username, url.password]).toEqual(['https://api.test', '', '']);
        expect(url.pathname).toMatch(/^\/shop\/v1(\/|$)/);
        expect(decodeURIComponent(url.pathname)).not.toMatch(/\/\.\.?(;|\/|$)/);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps to a base URL that is a whole origin, or ends with a slash', () => {
    expect(targetUrl(new URL('https://api.test'), '/x').href).toBe('https://api.test/x');
    expect(targetUrl(new URL('https://api.test/v1/'), '/x').href).toBe('https://api.test/v1/x');
    expect(() => targetUrl(new URL('https://api.test/v1/'), 'https://api.test/v1x')).toThrow();
  });
});
