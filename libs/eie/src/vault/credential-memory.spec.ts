import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { CredentialMemory } from './credential-memory.js';

const NOW = 1_800_000_000;
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jws = (claims: object, signature = randomBytes(64).toString('base64url')): string =>
  `${encoded({ alg: 'ES256', typ: 'at+jwt' })}.${encoded(claims)}.${signature}`;
const until = (exp: number, bytes = 64): string => jws({ exp }, randomBytes(bytes).toString('base64url'));
const signatureOf = (credential: string): string => credential.slice(credential.lastIndexOf('.') + 1);
const find = (memory: CredentialMemory, credential: string) =>
  memory.find(Buffer.from(signatureOf(credential).slice(0, 43)));
const known = (memory: CredentialMemory, credentials: readonly string[]): boolean[] =>
  credentials.map(one => find(memory, one) !== undefined);

describe('the memory of credentials', () => {
  it('knows a noted credential by the beginning of its signature, and says how long the whole is', () => {
    const memory = new CredentialMemory(10);
    const [noted, other] = [until(NOW + 60), until(NOW + 60)];
    memory.note(noted, NOW);
    expect(find(memory, noted)).toMatchObject({ length: 86 });
    expect(find(memory, other)).toBeUndefined();
  });

  it.each([
    ['HS256', 32],
    ['ES256', 64],
    ['RS512 with 8,192 bits', 1024],
  ])('knows a credential with a signature of %s', (_algorithm, bytes) => {
    const memory = new CredentialMemory(10);
    const noted = until(NOW + 60, bytes);
    memory.note(noted, NOW);
    expect(known(memory, [noted])).toEqual([true]);
  });

  it.each([
    ['an opaque token', () => randomBytes(64).toString('base64url')],
    ['an opaque token with a dot', () => `v2.${randomBytes(64).toString('base64url')}`],
    ['a JWS with a signature that is too short to be one', () => until(NOW + 60, 31)],
    ['a JWS with a signature that is longer than any', () => until(NOW + 60, 3_073)],
  ])('takes no room for %s', (_what, credential) => {
    const memory = new CredentialMemory(1);
    const noted = until(NOW + 60);
    memory.note(noted, NOW);
    const other = credential();
    memory.note(other, NOW);
    expect(known(memory, [noted, other])).toEqual([true, false]);
  });

  it('still knows a credential that has expired, as long as there is room', () => {
    const memory = new CredentialMemory(3);
    const expired = until(NOW + 1);
    memory.note(expired, NOW);
    memory.note(until(NOW + 900), NOW + 600);
    expect(known(memory, [expired])).toEqual([true]);
  });

  it('forgets what has expired before anything that is live', () => {
    const memory = new CredentialMemory(3);
    const [live, expired, alsoLive, next] = [until(NOW + 900), until(NOW + 60), until(NOW + 901), until(NOW + 902)];
    for (const one of [live, expired, alsoLive]) memory.note(one, NOW);
    memory.note(next, NOW + 60);
    expect(known(memory, [live, expired, alsoLive, next])).toEqual([true, false, true, true]);
  });

  it('forgets the credential that was noted longest ago when all are live, however often an answer holds it', () => {
    const memory = new CredentialMemory(3);
    const all = [0, 1, 2, 3].map(i => until(NOW + 900 - i));
    for (const one of all) {
      find(memory, all[0]!);
      memory.note(one, NOW);
    }
    expect(known(memory, all)).toEqual([false, true, true, true]);
  });

  it('counts a credential that is noted again as the newest, and once', () => {
    const memory = new CredentialMemory(3);
    const all = [0, 1, 2, 3].map(() => until(NOW + 900));
    const [first, second, third, fourth] = all as [string, string, string, string];
    for (const one of [first, second, first, third, third, fourth]) memory.note(one, NOW);
    expect(known(memory, all)).toEqual([true, false, true, true]);
  });

  it('never holds more than its capacity, and always the newest ones', () => {
    const memory = new CredentialMemory(100);
    const all = Array.from({ length: 1_000 }, (_, i) => until(NOW + i + 60 + (i % 7) * 60));
    all.forEach((one, i) => memory.note(one, NOW + i));
    expect(known(memory, all).filter(Boolean).length).toBeLessThanOrEqual(100);
    expect(known(memory, all.slice(-50))).not.toContain(false);
  });

  it('looks through all of it at most once in ten seconds, so that noting one costs little when it is full', () => {
    const memory = new CredentialMemory(100);
    const { entries } = LRUCache.prototype;
    let searches = 0;
    LRUCache.prototype.entries = function (this: LRUCache<object, object>) {
      searches++;
      return entries.call<typeof this, [], ReturnType<typeof entries>>(this);
    };
    try {
      for (let i = 0; i < 2_000; i++) memory.note(until(NOW + 900), NOW + Math.floor(i / 100));
    } finally {
      LRUCache.prototype.entries = entries;
    }
    expect(searches).toBe(2);
  });

  it('forgets one that does not say when it expires before those that do', () => {
    const memory = new CredentialMemory(2);
    const [silent, live] = [jws({ sub: 'alice' }), until(NOW + 900)];
    for (const one of [live, silent]) memory.note(one, NOW);
    memory.note(until(NOW + 900), NOW);
    expect(known(memory, [live, silent])).toEqual([true, false]);
  });

  it('keeps hashes alone: no part of a credential can be read in it', () => {
    const memory = new CredentialMemory(10);
    const noted = until(NOW + 60);
    memory.note(noted, NOW);
    const found = JSON.stringify(find(memory, noted));
    for (const part of noted.split('.')) expect(found).not.toContain(part.slice(0, 20));
  });
});
