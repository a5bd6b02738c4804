import { publicUrl } from './public-url.js';

const at = (target: string, base = 'https://mcp.example.com') => publicUrl(base, target);

describe('the public URL of a request', () => {
  it.each([
    ['/me', '/me'],
    ['/', '/'],
    ['/me?x=http://evil.test/', '/me?x=http://evil.test/'],
    ['//evil.test/me', '//evil.test/me'],
    ['http://mcp.example.com/me', '/me'],
    ['HTTPS://evil.test:8443/me?x', '/me?x'],
    ['http://[::1]:3000/me', '/me'],
    ['http://evil.test', '/'],
    ['http://evil.test?x', '/?x'],
  ])('of %s has the configured origin, and the path %s', (target, path) => {
    expect(at(target)).toBe(`https://mcp.example.com${path}`);
  });

  it.each([
    'm://x/me',
    '.evil.test/me',
    '@evil.test/me',
    ':8443/me',
    '*',
    '',
    'me',
    'evil.test:443',
    'http:/x/me',
    'http:///me',
  ])('does not exist for the target %j', target => expect(at(target)).toBeUndefined());

  it.each(['http://alice@evil.test/me', 'http://evil.test\\@x/me', 'http://evil.test#/me', ' http://x/me'])(
    'does not exist where routers may disagree about the path: %j',
    target => expect(at(target)).toBeUndefined(),
  );

  it('has the path that a proxy takes off, with or without a slash at its end', () => {
    for (const base of ['https://example.com/shop', 'https://example.com/shop/'])
      expect(at('/me?x', base)).toBe('https://example.com/shop/me?x');
  });
});
