import { covers, overlaps } from './unmanaged-paths.js';

const BELOW = { method: 'ALL', path: '/legacy/*' };

describe('an unmanaged route', () => {
  it.each(['/legacy', '/legacy/', '/legacy/a/b', '/legacy/a?x=/../y'])('covers %s', url => {
    expect(covers(BELOW, { method: 'GET', url })).toBe(true);
  });

  it.each([
    '/',
    '/legacyx',
    '/LEGACY/a',
    '/x/legacy/a',
    '/legacy/../a',
    '/legacy/%2e%2e/a',
    '/legacy//a',
    '/legacy/a%2fb',
  ])('does not cover %s: its credentials are taken', url => {
    expect(covers(BELOW, { method: 'GET', url })).toBe(false);
  });

  it('covers its own method and path alone where it names them', () => {
    const one = { method: 'GET', path: '/report' };
    expect(covers(one, { method: 'GET', url: '/report?x' })).toBe(true);
    expect(covers(one, { method: 'POST', url: '/report' })).toBe(false);
    expect(covers(one, { method: 'GET', url: '/report/1' })).toBe(false);
  });

  it.each(['/legacy', '/legacy/items', '/:tenant/items', '/*path', '/:any'])(
    'stands in the way of a handler at %s',
    path => {
      expect(overlaps(BELOW, { method: 'GET', path })).toBe(true);
    },
  );

  it.each(['/other', '/', '/legacyx/items'])('leaves a handler at %s alone', path => {
    expect(overlaps(BELOW, { method: 'GET', path })).toBe(false);
  });

  it('leaves a handler of another method alone', () => {
    expect(overlaps({ method: 'GET', path: '/report' }, { method: 'POST', path: '/report' })).toBe(false);
  });
});
