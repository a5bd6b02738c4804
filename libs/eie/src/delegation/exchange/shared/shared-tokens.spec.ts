import { type Diagnostic, MemoryDelegatedTokenStore, type RevocableIdentity } from 'execution-identity';
import { type CacheKey } from '../cache-key.js';
import { type SharedToken } from './shared-token.js';
import { SharedTokens, type SharedTokensParts } from './shared-tokens.js';
import { TokenSeal } from './token-seal.js';

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)];
const SERVER = 'https://mcp.shop.test/mcp';
const owner: RevocableIdentity = {
  issuer: 'https://as.test',
  sub: 'alice',
  client_id: 'desk-copilot',
  agent: { issuer: 'https://as.test', id: 'agent-desk' },
  issuedAt: 1_005,
};
const alices: CacheKey = { id: 'alice', owner };
const servers: CacheKey = { id: 'server' };
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object) => `${part({ alg: 'ES256' })}.${part(claims)}.c2ln`;

/** A store whose content a test can change, as who may write to a database can. */
class OpenStore extends MemoryDelegatedTokenStore {
  readonly all = new Map<string, unknown>();
  override get = async (place: string) => this.all.get(place) as string;
  override set = async (place: string, sealed: string) => void this.all.set(place, sealed);
  override delete = async (places: readonly string[]) => places.forEach(place => this.all.delete(place));
}

describe('a token that instances share', () => {
  let now: number;
  let store: OpenStore;
  let told: Diagnostic[];
  let opened: string[];
  beforeEach(() => {
    [now, store, told, opened] = [1_010, new OpenStore(), [], []];
  });
  const instance = (changes: Partial<SharedTokensParts> = {}) =>
    new SharedTokens({
      store,
      secrets: [OLD],
      server: SERVER,
      diagnostics: { report: one => void told.push(one) },
      now: () => now,
      revocation: { isRevoked: () => false },
      onOpened: token => void opened.push(token),
      ...changes,
    });
  const shared = (changes: Partial<SharedToken> = {}): SharedToken => ({
    token: jwt({ sub: 'alice' }),
    scopes: ['orders:read'],
    obtainedAt: 1_000,
    expiresAt: 9_000,
    ...changes,
  });
  const kept = (one = shared(), key = alices, by = instance()) => (by.keep(key.id, one, 1_300), one);

  it('is found by the others as it was kept, and this process knows it then', async () => {
    const one = kept();
    expect(await instance().find(alices)).toEqual(one);
    expect(opened).toEqual([one.token]);
    const { scopes: _all, ...asRequested } = shared();
    expect(await instance().find(servers)).toBeUndefined();
    kept(asRequested, servers);
    expect(await instance().find(servers)).toEqual(asRequested);
    expect(told).toEqual([]);
  });

  it('is found while its secret is being changed, and not by who lacks the secret that sealed it', async () => {
    const one = kept();
    expect(await instance({ secrets: [NEW, OLD] }).find(alices)).toEqual(one);
    expect(await instance({ secrets: [NEW] }).find(alices)).toBeUndefined();
    store.all.clear();
    kept(one, alices, instance({ secrets: [NEW, OLD] }));
    expect(await instance({ secrets: [OLD, NEW] }).find(alices)).toEqual(one);
    expect(await instance({ secrets: [OLD] }).find(alices)).toBeUndefined();
    expect(told).toEqual([]);
  });

  it.each([
    ['before it was asked for', 999, true],
    ['in the same second', 1_000, false],
    ['later, though its user has a newer envelope', 1_003, false],
  ])('that was obtained before a revocation is not taken: one %s', async (_when, at, isTaken) => {
    kept();
    const isRevoked = ({ sub, issuedAt }: RevocableIdentity) => sub === 'alice' && issuedAt <= at;
    expect((await instance({ revocation: { isRevoked } }).find(alices)) !== undefined).toBe(isTaken);
    expect(
      (await instance({ revocation: { isRevoked: async one => isRevoked(one) } }).find(alices)) !== undefined,
    ).toBe(isTaken);
  });

  it('is not taken while nobody knows whether its user was revoked', async () => {
    kept();
    for (const isRevoked of [
      () => Promise.reject(new Error('away')),
      () => {
        throw new Error('away');
      },
    ])
      expect(await instance({ revocation: { isRevoked } }).find(alices)).toBeUndefined();
  });

  it('is not taken from an instance whose clock is more than a minute ahead', async () => {
    kept(shared({ obtainedAt: now + 60 }));
    expect(await instance().find(alices)).toBeDefined();
    kept(shared({ obtainedAt: now + 61 }));
    expect(await instance().find(alices)).toBeUndefined();
  });

  it.each<[what: string, change: (sealed: string, seal: TokenSeal, place: string) => unknown]>([
    ['changed', sealed => sealed.replace(/.$/, last => (last === 'A' ? 'Q' : 'A'))],
    ['cut', sealed => sealed.slice(0, -8)],
    ['emptied', () => ''],
    ['a number', () => 7],
    ['an object', () => ({})],
    ['put there by who has another secret', (_, _seal, place) => new TokenSeal(NEW, SERVER).seal('{}', place)],
    ['a token in clear', () => jwt({ sub: 'mallory' })],
    ['sealed, and no JSON', (_, seal, place) => seal.seal('x', place)],
    ['sealed, and null', (_, seal, place) => seal.seal('null', place)],
    ...[
      {},
      { token: 'opaque' },
      { token: '', obtainedAt: 1_000, expiresAt: 9_000 },
      { token: ['opaque'], obtainedAt: 1_000, expiresAt: 9_000 },
      { token: 'opaque', obtainedAt: '1000', expiresAt: 9_000 },
      { token: 'opaque', obtainedAt: 1_000, expiresAt: 9e99 },
      { token: 'opaque', obtainedAt: 1_000, expiresAt: 9_000, scopes: 'orders:read' },
      { token: 'opaque', obtainedAt: 1_000, expiresAt: 9_000, scopes: [7] },
      { token: jwt({ cnf: { jkt: 'x' } }), obtainedAt: 1_000, expiresAt: 9_000 },
      { token: 'eyJ9.a.jwt', obtainedAt: 1_000, expiresAt: 9_000 },
      { token: 'x'.repeat(20_000), obtainedAt: 1_000, expiresAt: 9_000 },
    ].map((value): [string, (sealed: string, seal: TokenSeal, place: string) => string] => [
      `sealed, and ${JSON.stringify(value).slice(0, 80)}`,
      (_, seal, place) => seal.seal(JSON.stringify(value), place),
    ]),
  ])('is not taken where it was %s, and the operator is told once', async (_what, change) => {
    const { token } = kept();
    const seal = new TokenSeal(OLD, SERVER);
    const place = seal.place(alices.id);
    store.all.set(place, change(String(store.all.get(place)), seal, place));
    const one = instance();
    for (let i = 0; i < 3; i++) expect(await one.find(alices)).toBeUndefined();
    expect(opened).toEqual([]);
    expect(told).toEqual([
      { level: 'error', message: expect.stringMatching(/^The store of delegated tokens holds something/) },
    ]);
    for (const secret of [token, place, 'mallory']) expect(told[0]!.message).not.toContain(secret);
  });

  it('is not taken at the place of another user', async () => {
    kept(shared(), { id: 'bob' });
    const seal = new TokenSeal(OLD, SERVER);
    store.all.set(seal.place('alice'), store.all.get(seal.place('bob')));
    expect(await instance().find(alices)).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  it('that another version has sealed is not taken, and nobody is to blame', async () => {
    store.all.set(new TokenSeal(OLD, SERVER).place('alice'), '2.something');
    expect(await instance().find(alices)).toBeUndefined();
    expect(told).toEqual([]);
  });

  it.each([
    ['bound to a key', jwt({ cnf: { jkt: 'thumbprint' } })],
    ['bound to a certificate', jwt({ cnf: { 'x5t#S256': 'thumbprint' } })],
    ['longer than any token', 'x'.repeat(20_000)],
  ])('is none that is %s', (_what, token) => {
    kept(shared({ token }));
    expect(store.all.size).toBe(0);
  });

  it('is none whose time is over', () => {
    instance().keep('alice', shared(), now);
    expect(store.all.size).toBe(0);
  });

  it('that its target refused is dropped for all, and the one that has replaced it is not', async () => {
    const one = kept();
    await instance().drop('alice', 'another');
    expect(await instance().find(alices)).toEqual(one);
    await instance({ secrets: [NEW, OLD] }).drop('alice', one.token);
    expect(await instance().find(alices)).toBeUndefined();
  });

  it('is forgotten for all, with each secret, however many there are', async () => {
    const ids = Array.from({ length: 1_200 }, (_, i) => `user ${i}`);
    for (const id of ids) kept(shared(), { id }, instance({ secrets: [id.endsWith('7') ? NEW : OLD] }));
    kept();
    expect(store.all.size).toBe(1_201);
    await instance({ secrets: [NEW, OLD] }).forget(ids);
    expect(store.all.size).toBe(1);
  });

  it('is in no store in clear, nor whose it is', () => {
    kept();
    kept(shared({ token: 'opaque-and-secret' }), servers);
    const dump = JSON.stringify([...store.all]);
    const texts = [dump, ...dump.split(/["\\,.]/).map(text => Buffer.from(text, 'base64url').toString('latin1'))];
    const found = (secret: string) => texts.some(text => text.includes(secret));
    expect(['alice', 'opaque-and-secret', part({ sub: 'alice' }), 'orders:read'].filter(found)).toEqual([]);
    store.all.set('planted', Buffer.from('opaque-and-secret').toString('base64url'));
    texts.push(Buffer.from(String(store.all.get('planted')), 'base64url').toString('latin1'));
    expect(found('opaque-and-secret')).toBe(true);
  });

  it('is asked for nowhere while the store is away, and the operator is told once a minute', async () => {
    const failing = instance({ store: Object.assign(new OpenStore(), { get: () => Promise.reject(new Error('x')) }) });
    for (let i = 0; i < 3; i++) expect(await failing.find(alices)).toBeUndefined();
    failing.keep('alice', shared(), 1_300);
    await failing.forget(['alice']);
    expect(told).toEqual([{ level: 'warn', message: expect.stringMatching(/does not answer \(Error\)/) }]);
  });
});
