import { isTenantAudience, tenantIn } from './tenant-audience.js';

describe('an audience for each tenant', () => {
  it.each([
    'urn:logto:organization:{tenant}',
    'https://api.test/{tenant}',
    'https://api.test/{tenant}/orders',
    'urn:{tenant}:x',
  ])('%s has one segment for the tenant', template => expect(isTenantAudience(template)).toBe(true));

  it.each([
    '',
    'urn:logto:organization',
    '{tenant}',
    'urn:{tenant}:{tenant}',
    'urn:{organization}',
    'urn:{tenant}:{region}',
    'urn:org-{tenant}',
    'urn:{tenant}-org',
    'https://{tenant}.api.test',
    'urn:org:{tenant',
    'urn:a b:{tenant}',
    ['urn:org:{tenant}'],
    undefined,
  ])('%j is none', template => expect(isTenantAudience(template)).toBe(false));

  it('leads to the segment of a member of the same form', () => {
    expect(tenantIn('urn:logto:organization:{tenant}', 'urn:logto:organization:x1_y-2')).toBe('x1_y-2');
    expect(tenantIn('https://api.test/{tenant}/orders', 'https://api.test/acme/orders')).toBe('acme');
  });

  it.each([
    'urn:logto:organization:',
    'urn:logto:organization:a:b',
    'urn:logto:organization:a/b',
    'urn:logto:organization:a?b',
    'urn:logto:organization:a#b',
    'urn:logto:organization:a%2fb',
    'urn:logto:organization:a b',
    'urn:logto:organization:{tenant}',
    'URN:logto:organization:acme',
    'urn:logto:organization',
    ' urn:logto:organization:acme',
    `urn:logto:organization:${'a'.repeat(257)}`,
    ['urn:logto:organization:acme'],
    null,
  ])('and to nothing from %j', member => expect(tenantIn('urn:logto:organization:{tenant}', member)).toBeUndefined());

  it('counts no character twice where what stands before and behind meet', () => {
    expect(tenantIn('urn:a:{tenant}:a:b', 'urn:a:b')).toBeUndefined();
  });
});
