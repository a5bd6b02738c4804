import { delegatedTokenStoreConformance } from './conformance/delegated-token-store.conformance.js';
import { MemoryDelegatedTokenStore } from './memory-delegated-token-store.js';

const NOW = 1_800_000_000;

describe('MemoryDelegatedTokenStore', () => {
  const create = async () => {
    const store = new MemoryDelegatedTokenStore();
    return { one: store, other: store };
  };
  it.each(delegatedTokenStoreConformance(create))('conforms: $name', ({ run }) => run());

  it('drops what was put there first when it is full, and never what is put anew', async () => {
    const store = new MemoryDelegatedTokenStore(2);
    const kept = async () => Promise.all(['a', 'b', 'c'].map(place => store.get(place, NOW)));
    await store.set('a', 'one', NOW + 60);
    await store.set('b', 'two', NOW + 60);
    await store.set('a', 'one again', NOW + 60);
    expect(await kept()).toEqual(['one again', 'two', undefined]);
    await store.set('c', 'three', NOW + 60);
    expect(await kept()).toEqual(['one again', undefined, 'three']);
  });
});
