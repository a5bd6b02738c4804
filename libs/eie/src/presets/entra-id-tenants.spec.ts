import { entraIdTenants } from './entra-id-tenants.js';

const [FIRST, SECOND] = ['aaaabbbb-0000-cccc-1111-dddd2222eeee', '11112222-0000-3333-4444-555566667777'];
const issuerOf = (id: string) => `https://login.microsoftonline.com/${id}/v2.0`;
const audience = ['00001111-aaaa-2222-bbbb-3333cccc4444'];

describe('entraIdTenants()', () => {
  it('is each of the listed directories as entraId() describes it, and no other', async () => {
    const source = entraIdTenants({ audience, tenants: [FIRST], maxLifetime: 600 });
    expect(await source.find(issuerOf(FIRST))).toMatchObject({
      issuer: issuerOf(FIRST),
      jwksUri: `https://login.microsoftonline.com/${FIRST}/discovery/v2.0/keys`,
      tenants: [FIRST],
      audience,
      maxLifetime: 600,
      provider: { name: 'entraId' },
    });
    expect(await source.find(issuerOf(SECOND))).toBeUndefined();
  });

  it.each<[string, unknown, boolean]>([
    ['true', true, true],
    ['a promise of true', Promise.resolve(true), true],
    ['false', false, false],
    ['nothing', undefined, false],
    ['what is merely truthy', 'yes', false],
    ['a promise of false', Promise.resolve(false), false],
  ])('takes a directory for which isAllowed says %s: %p', async (_what, said, isTaken) => {
    const asked: string[] = [];
    const source = entraIdTenants({ audience, isAllowed: id => (asked.push(id), said as boolean) });
    expect((await source.find(issuerOf(FIRST))) !== undefined).toBe(isTaken);
    expect(asked).toEqual([FIRST]);
  });

  it('asks about nothing but the id of a directory', async () => {
    const asked: string[] = [];
    const source = entraIdTenants({ audience, isAllowed: id => (asked.push(id), true) });
    for (const iss of [issuerOf('common'), `${issuerOf(FIRST)}/`, `x${issuerOf(FIRST)}`, issuerOf(FIRST.toUpperCase())])
      expect(await source.find(iss)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('takes a directory of the one cloud alone that it was made for', async () => {
    const asked: string[] = [];
    const source = entraIdTenants({ audience, cloud: 'us_government', isAllowed: id => (asked.push(id), true) });
    expect(await source.find(issuerOf(FIRST))).toBeUndefined();
    expect(await source.find(`https://login.microsoftonline.us.evil.test/${FIRST}/v2.0`)).toBeUndefined();
    expect(asked).toEqual([]);
    const issuer = `https://login.microsoftonline.us/${FIRST}/v2.0`;
    expect(await source.find(issuer)).toMatchObject({ issuer });
  });

  it('advertises the directories that are listed, and none that a function decides about', () => {
    expect(entraIdTenants({ audience, tenants: [FIRST, SECOND] }).advertised).toEqual([FIRST, SECOND].map(issuerOf));
    expect(entraIdTenants({ audience, isAllowed: () => true }).advertised).toEqual([]);
    const advertised = [issuerOf(FIRST)];
    expect(entraIdTenants({ audience, isAllowed: () => true, advertised }).advertised).toEqual(advertised);
  });

  it.each<[string, object, string]>([
    ['neither a list nor a function', { audience }, 'tenants must list directory ids'],
    ['both', { audience, tenants: [FIRST], isAllowed: () => true }, 'and not both'],
    ['an empty list', { audience, tenants: [] }, 'tenants must list'],
    ['a domain in the list', { audience, tenants: ['contoso.example'] }, 'GUIDs in lower case'],
    ['a function that is none', { audience, isAllowed: true }, 'isAllowed must be a function'],
    ['no audience', { tenants: [FIRST] }, 'audience must list'],
    ['one directory', { audience, tenants: [FIRST], tenantId: FIRST }, 'tenantId is not an option'],
    ['an option of nothing', { audience, tenants: [FIRST], audiences: [] }, 'audiences is not an option'],
  ])('refuses %s when it is made', (_what, options, message) => {
    expect(() => entraIdTenants(options as never)).toThrow(message);
  });
});
