import { replayStoreConformance } from './conformance/replay-store.conformance.js';
import { MemoryReplayStore } from './memory-replay-store.js';

describe('MemoryReplayStore', () => {
  const create = async () => {
    const store = new MemoryReplayStore(1000);
    return { one: store, other: store };
  };
  it.each(replayStoreConformance(create))('conforms: $name', ({ run }) => run());

  it('takes an id once, until it has expired', async () => {
    const store = new MemoryReplayStore(10);
    expect(await store.take('a', 160, 100)).toBe('fresh');
    expect(await store.take('b', 160, 100)).toBe('fresh');
    expect(await store.take('a', 160, 100)).toBe('replayed');
    expect(await store.take('a', 219, 159.9)).toBe('replayed');
    expect(await store.take('a', 220, 160)).toBe('fresh');
    expect(await store.take('a', 220, 160)).toBe('replayed');
  });

  it('takes nothing more when it is full of live ids, and evicts none of them', async () => {
    const store = new MemoryReplayStore(3);
    for (const id of ['a', 'b', 'c']) expect(await store.take(id, 160, 100)).toBe('fresh');
    for (let i = 0; i < 1000; i++) expect(await store.take(`flood ${i}`, 219, 159)).toBe('full');
    for (const id of ['a', 'b', 'c']) expect(await store.take(id, 160, 159)).toBe('replayed');
  });

  it('takes as many again once they have expired, be it one by one or all at once', async () => {
    const store = new MemoryReplayStore(3);
    for (const [id, expiresAt] of [
      ['a', 101],
      ['b', 102],
      ['c', 103],
    ] as const)
      expect(await store.take(id, expiresAt, 100)).toBe('fresh');
    expect(await store.take('d', 200, 101)).toBe('fresh');
    expect(await store.take('e', 200, 101)).toBe('full');
    for (const id of ['f', 'g', 'h']) expect(await store.take(id, 400, 300)).toBe('fresh');
    expect(await store.take('i', 400, 300)).toBe('full');
  });

  it('holds an id that expires early at most until the older ones have expired', async () => {
    const store = new MemoryReplayStore(2);
    await store.take('long', 165, 100);
    await store.take('short', 101, 100);
    expect(await store.take('next', 166, 102)).toBe('full');
    expect(await store.take('next', 225, 165)).toBe('fresh');
    expect(await store.take('short', 225, 165)).toBe('fresh');
  });

  it('does not hold ids that live for a minute until an older one that lives for a day has expired', async () => {
    const store = new MemoryReplayStore(1000);
    expect(await store.take('job', 86_520, 0)).toBe('fresh');
    for (let now = 1; now < 86_000; now += 2) expect(await store.take(`proof ${now}`, now + 60, now)).toBe('fresh');
    expect(await store.take('job', 86_520, 86_000)).toBe('replayed');
  });

  it('holds an id at most for as long again as it lives, whatever lives longer', async () => {
    for (const life of [200, 500, 3_600, 7_200, 40_000]) {
      const store = new MemoryReplayStore(2);
      await store.take('long', 4 * life, 0);
      await store.take('short', life, 0);
      expect(await store.take('next', 4 * life, life - 1)).toBe('full');
      expect(await store.take('next', 4 * life, 2 * life)).toBe('fresh');
    }
  });

  it('never says fresh twice to what has not expired, of lives of any length, however the clock jumps', async () => {
    const store = new MemoryReplayStore(10_000);
    const accepted = new Set<string>();
    const lives = [60, 180, 3_600, 86_400];
    let seed = 11;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let turn = 0, now = 100_000; turn < 20_000; turn++, now += [0, 1, 60, -50, 4_000, -4_000][random(6)]!) {
      const expiresAt = Math.ceil((now + lives[random(4)]!) / 60) * 60;
      const id = `id ${expiresAt}`;
      if ((await store.take(id, expiresAt, now)) !== 'fresh') continue;
      expect(accepted.has(id)).toBe(false);
      accepted.add(id);
    }
    expect(accepted.size).toBeGreaterThan(100);
  });

  it('takes nothing, on a clock that was set back, that it might have dropped before', async () => {
    const store = new MemoryReplayStore(10);
    expect(await store.take('a', 160, 100)).toBe('fresh');
    expect(await store.take('b', 230, 170)).toBe('fresh');
    expect(await store.take('a', 160, 100)).toBe('forgotten');
    expect(await store.take('never seen', 160, 100)).toBe('forgotten');
    expect(await store.take('b', 230, 100)).toBe('replayed');
    expect(await store.take('c', 161, 101)).toBe('fresh');
  });

  it('never says fresh twice to what has not expired, however the clock jumps', async () => {
    const store = new MemoryReplayStore(1000);
    const accepted = new Map<string, number>();
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let turn = 0, now = 1000; turn < 20_000; turn++, now += [0, 1, 5, -5, 100, -100][random(6)]!) {
      const expiresAt = now + 1 + random(65);
      const id = `id ${expiresAt} ${random(3)}`;
      if ((await store.take(id, expiresAt, now)) !== 'fresh') continue;
      expect(accepted.has(id)).toBe(false);
      accepted.set(id, expiresAt);
    }
    expect(accepted.size).toBeGreaterThan(100);
  });

  it('takes nothing when it has no room at all', async () => {
    expect(await new MemoryReplayStore(0).take('a', 160, 100)).toBe('full');
  });

  it('never says fresh twice within a lifetime nor holds more than its capacity, whatever comes', async () => {
    const capacity = 50;
    const store = new MemoryReplayStore(capacity);
    const accepted = new Map<string, number>();
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let now = 0; now < 20_000; now += random(4) === 0 ? 1 : 0) {
      const id = `id ${random(200)}`;
      const expiresAt = now + 1 + random(65);
      const live = [...accepted.values()].filter(end => end > now).length;
      const verdict = await store.take(id, expiresAt, now);
      if ((accepted.get(id) ?? 0) > now) expect(verdict).toBe('replayed');
      if (live >= capacity) expect(verdict).not.toBe('fresh');
      if (verdict === 'fresh') accepted.set(id, expiresAt);
    }
  });
});
