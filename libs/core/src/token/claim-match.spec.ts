import { claimMatches, type ClaimMatch } from './claim-match.js';

const matching = (match: ClaimMatch) => (claims: Record<string, unknown>) => claimMatches(match, claims);

describe('a condition on a claim', () => {
  it('without values holds when the claim says something', () => {
    const holds = matching({ claim: 'sid' });
    for (const sid of ['x', 1, 0, false, true, [], {}]) expect(holds({ sid })).toBe(true);
    for (const claims of [{}, { sid: null }, { sid: '' }, { SID: 'x' }]) expect(holds(claims)).toBe(false);
  });

  it.each<[ClaimMatch['values'], unknown[], unknown[]]>([
    [['user'], ['user', ['x', 'user']], ['User', 'users', { user: true }, [['user']], true]],
    [[true], [true, [false, true]], [false, 'true', 1, 'yes', null]],
    [[false], [false], [true, 'false', 0, null, undefined, '']],
    [[1], [1, [2, 1]], ['1', true, 2, 1.5]],
    [[0], [0], ['', false, null, '0']],
    [[], [], ['x', [], true]],
  ])('with the values %j compares text, numbers and booleans by their type', (values, good, bad) => {
    const holds = matching({ claim: 'c', values: values! });
    for (const c of good) expect(holds({ c })).toBe(true);
    for (const c of bad) expect(holds({ c })).toBe(false);
  });

  it('looks where the names of its path lead, at own members alone', () => {
    const holds = matching({ claim: ['app_metadata', 'provider'], values: ['email'] });
    expect(holds({ app_metadata: { provider: 'email' } })).toBe(true);
    for (const claims of [
      { provider: 'email' },
      { 'app_metadata.provider': 'email' },
      { app_metadata: null },
      { app_metadata: 'email' },
      { app_metadata: Object.create({ provider: 'email' }) },
    ])
      expect(holds(claims)).toBe(false);
    expect(claimMatches({ claim: 'toString' }, {})).toBe(false);
    expect(claimMatches({ claim: ['a', 'constructor'] }, { a: {} })).toBe(false);
  });

  it('does not hold when that does which it names with "unless"', () => {
    const holds = matching({
      claim: 'role',
      values: ['authenticated'],
      unless: { claim: 'is_anonymous', values: [true] },
    });
    expect(holds({ role: 'authenticated' })).toBe(true);
    expect(holds({ role: 'authenticated', is_anonymous: false })).toBe(true);
    expect(holds({ role: 'authenticated', is_anonymous: true })).toBe(false);
    expect(holds({ role: 'anon', is_anonymous: false })).toBe(false);
  });

  it('compares two claims with "differsFrom": both must be there, as texts', () => {
    const holds = matching({ claim: 'sub', differsFrom: ['client', 'id'] });
    expect(holds({ sub: 'alice', client: { id: 'app' } })).toBe(true);
    expect(holds({ sub: 'alice', client: { id: 'Alice' } })).toBe(true);
    for (const claims of [
      { sub: 'app', client: { id: 'app' } },
      { sub: 'alice' },
      { sub: 'alice', client: { id: '' } },
      { sub: 'alice', client: { id: null } },
      { sub: 'alice', client: { id: 7 } },
      { sub: 7, client: { id: 'app' } },
      { client: { id: 'app' } },
      { sub: ['alice'], client: { id: 'app' } },
    ])
      expect(holds(claims)).toBe(false);
  });
});
