import { type Diagnostic } from '../ports/diagnostics.js';
import { readClaims } from './claims-policy.js';
import { readIntrospection } from './introspected-token.js';
import { issuerPolicy } from './given-policy.js';

const NOW = 1_800_000_000;
const claims = {
  iss: 'https://as.test',
  aud: 'https://mcp.test',
  sub: 'alice',
  client_id: 'app',
  sub_profile: 'user',
  iat: NOW - 10,
  exp: NOW + 60,
};

function setup() {
  const reports: Diagnostic[] = [];
  const policy = issuerPolicy({
    issuer: 'https://as.test',
    keys: { holds: () => false, find: () => Promise.reject(new Error('not asked')) },
    algorithms: ['ES256'],
    audience: ['https://mcp.test'],
    user: { claim: 'sub_profile' },
    claims: { roles: ['realm', 'roles'] },
    diagnostics: { report: one => reports.push(one) },
  });
  return { policy, reports, read: (changes: object) => readClaims({ ...claims, ...changes }, policy, NOW) };
}

/** Each as a provider sends it, or as one might. */
const UNREADABLE: [claim: string, field: string, value: unknown][] = [
  ['amr', 'amr', [{ method: 'password', timestamp: 1 }]],
  ['amr', 'amr', 'pwd'],
  ['auth_time', 'authTime', '2016-02-16T06:42:21.629Z'],
  ['auth_time', 'authTime', -1],
  ['acr', 'acr', 1],
  ['acr', 'acr', 'x'.repeat(1025)],
  ['sid', 'sid', ''],
  ['sid', 'sid', 'a\nb'],
  ['realm', 'roles', { roles: [{}] }],
  ['realm', 'roles', { roles: 'clerk' }],
  ['realm', 'roles', { roles: ['clerk', 7] }],
];

describe('a claim that decides nothing', () => {
  it.each(UNREADABLE)('never refuses a token: %s, as %s, of the form %j is left out', (claim, field, value) => {
    const { read } = setup();
    const token = read({ [claim]: value });
    expect(token).toMatchObject({ sub: 'alice', type: 'user' });
    expect(token).not.toHaveProperty(field);
  });

  it('is named to the operator once, and its value never is', () => {
    const { read, reports } = setup();
    for (let i = 0; i < 3; i++) {
      read({ amr: [{ secret: 'value' }], acr: 1 });
      read({ realm: { roles: ['a', {}] } });
    }
    expect(reports.map(({ message }) => /claim "(.*?)"/.exec(message)?.[1])).toEqual(['acr', 'amr', 'realm.roles']);
    expect(reports.every(({ level, message }) => level === 'warn' && message.includes('https://as.test'))).toBe(true);
    expect(JSON.stringify(reports)).not.toMatch(/secret|value/);
  });

  it('is reported for each issuer by itself, and not at all when it can be read', () => {
    const [one, other] = [setup(), setup()];
    one.read({ acr: 1 });
    one.read({ acr: '1', amr: ['pwd'], auth_time: NOW, sid: 's', realm: { roles: [] } });
    other.read({ acr: 1 });
    expect([one.reports.length, other.reports.length]).toEqual([1, 1]);
  });

  it('is left out of what an introspection endpoint says too', () => {
    const { policy } = setup();
    expect(readIntrospection({ ...claims, active: true, token_use: null, amr: [1] }, policy, NOW)).not.toHaveProperty(
      'amr',
    );
  });
});

describe('null', () => {
  it.each(['roles', 'act', 'tenant', 'nbf', 'scope', 'sid', 'acr', 'amr', 'auth_time', 'cnf', 'agent'])(
    'counts as absent in %s, and is no reason to report anything',
    name => {
      const { policy, reports } = setup();
      const rules = issuerPolicy({ ...policy, claims: { roles: 'roles', agent: 'agent' } });
      const absent = readClaims(claims, rules, NOW);
      expect(readClaims({ ...claims, [name]: null }, rules, NOW)).toEqual(absent);
      expect(reports).toEqual([]);
    },
  );

  it('ends a chain of actors', () => {
    const { read } = setup();
    expect(read({ act: { sub: 'bot', act: null } }).act).toEqual([{ issuer: 'https://as.test', sub: 'bot' }]);
  });

  it.each(['exp', 'iat', 'sub', 'client_id'])('is missing where %s is mandatory', name => {
    expect(() => setup().read({ [name]: null })).toThrow(expect.objectContaining({ code: 'claim_missing' }));
  });

  it.each([
    ['iss', 'issuer_unknown'],
    ['aud', 'audience_refused'],
    ['sub_profile', 'actor_unclassified'],
  ])('is not enough for %s', (name, code) => {
    expect(() => setup().read({ [name]: null })).toThrow(expect.objectContaining({ code }));
  });
});
