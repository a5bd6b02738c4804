import { jest } from '@jest/globals';
import { RecordQueue, type Waiting } from './record-queue.js';

const record = (): Waiting => ({
  line: { v: 1, id: 'a', time: '1970-01-01T00:00:00.000Z', log: 'b', type: 'log.closed' },
  text: '{}',
  bytes: 2,
  resolve: () => undefined,
  reject: () => undefined,
});
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

describe('records that gather', () => {
  let now: jest.SpiedFunction<typeof performance.now>;
  beforeEach(() => (now = jest.spyOn(performance, 'now').mockReturnValue(0)));
  afterEach(() => now.mockRestore());

  it('wait for one that comes some turns of the event loop after them, and for the next one', async () => {
    const queue = new RecordQueue();
    queue.add(record());
    const gathered = queue.gathered().then(() => queue.length);
    for (let more = 0; more < 3; more++) {
      await turns(5);
      queue.add(record());
    }
    expect(await gathered).toBe(4);
  });

  it('wait no longer than 2 ms while more come all the time', async () => {
    const queue = new RecordQueue();
    let isGathered = false;
    const gathered = queue.gathered().then(() => (isGathered = true));
    for (let turn = 0; !isGathered && turn < 100; turn++) {
      queue.add(record());
      if (turn === 50) now.mockReturnValue(2);
      await turns(1);
    }
    await gathered;
    expect(queue.length).toBeGreaterThan(50);
    expect(queue.length).toBeLessThan(60);
  });
});
