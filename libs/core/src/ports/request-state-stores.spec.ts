import { generateSecret, CompactEncrypt } from 'jose';
import { requestStateStoreConformance } from './conformance/request-state-store.conformance.js';
import { EncryptedRequestStateStore } from './encrypted-request-state-store.js';
import { MemoryRequestStateStore } from './memory-request-state-store.js';

const NOW = 1_800_000_000;
const SECRET = 's'.repeat(32);

describe('EncryptedRequestStateStore', () => {
  const create = async () => ({
    one: new EncryptedRequestStateStore(SECRET),
    other: new EncryptedRequestStateStore(SECRET),
  });
  it.each(requestStateStoreConformance(create))('conforms: $name', ({ run }) => run());

  it('gives nothing for what another key encrypted, be it one of another process or of an attacker', async () => {
    const store = new EncryptedRequestStateStore();
    const foreign = await new EncryptedRequestStateStore().put('x', 'alice', NOW + 60);
    const forged = await new CompactEncrypt(
      Buffer.from(JSON.stringify({ state: 'x', owner: 'alice', expiresAt: NOW + 60 })),
    )
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(await generateSecret('A256GCM'));
    for (const handle of [foreign, forged]) expect(await store.get(handle, 'alice', NOW)).toBeUndefined();
  });

  it('gives nothing for a handle without encryption or with another algorithm', async () => {
    const store = new EncryptedRequestStateStore(SECRET);
    const handle = await store.put('x', 'alice', NOW + 60);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const rest = handle.split('.').slice(1).join('.');
    for (const header of [{ alg: 'none' }, { alg: 'dir', enc: 'A128GCM' }, { alg: 'RSA-OAEP', enc: 'A256GCM' }])
      expect(await store.get(`${part(header)}.${rest}`, 'alice', NOW)).toBeUndefined();
    const plain = `${part({ alg: 'none' })}.${part({ state: 'x', owner: 'alice', expiresAt: NOW + 60 })}.`;
    expect(await store.get(plain, 'alice', NOW)).toBeUndefined();
  });
});

describe('MemoryRequestStateStore', () => {
  const create = async () => {
    const store = new MemoryRequestStateStore();
    return { one: store, other: store };
  };
  it.each(requestStateStoreConformance(create))('conforms: $name', ({ run }) => run());

  it('takes no more when it is full of live states, and makes room when they have expired', async () => {
    const store = new MemoryRequestStateStore(2);
    const handles = [await store.put('a', 'alice', NOW + 60, NOW), await store.put('b', 'alice', NOW + 120, NOW)];
    await expect(store.put('c', 'bob', NOW + 60, NOW)).rejects.toThrow('is full');
    expect(await store.get(handles[0]!, 'alice', NOW)).toBe('a');
    await store.put('c', 'bob', NOW + 120, NOW + 60);
    expect(await store.get(handles[1]!, 'alice', NOW + 60)).toBe('b');
  });
});
