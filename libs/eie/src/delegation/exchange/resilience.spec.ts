import { jest } from '@jest/globals';
import { Resilience } from './resilience.js';

class Outage extends Error {}
class Denial extends Error {}

const ISSUER = 'https://as.test';
let resilience: Resilience;
/** How often a server was asked. */
let asked: number;

beforeEach(() => {
  jest.useFakeTimers();
  asked = 0;
  resilience = new Resilience(error => error instanceof Outage);
});
afterEach(() => void jest.useRealTimers());

/** The result of one request, with the time that its retry takes. */
async function run(answer: () => Promise<string>, issuer = ISSUER): Promise<string> {
  const result = resilience.run(issuer, () => (asked++, answer())).catch((error: Error) => error.constructor.name);
  await jest.advanceTimersByTimeAsync(500);
  return result;
}
const failing = (error: Error) => () => Promise.reject(error);
const down = failing(new Outage());
const fine = () => Promise.resolve('answered');
const times = async (count: number, answer: () => Promise<string>) => {
  for (let i = 0; i < count; i++) await run(answer);
};

describe('Resilience', () => {
  it('asks once more after an outage, and then says what went wrong', async () => {
    expect(await run(() => (asked === 1 ? down() : fine()))).toBe('answered');
    expect(asked).toBe(2);
    expect(await run(down)).toBe('Outage');
    expect(asked).toBe(4);
  });

  it('asks a server that denies no second time', async () => {
    expect(await run(failing(new Denial()))).toBe('Denial');
    expect(asked).toBe(1);
  });

  it('does not ask for ten seconds after five outages in a row', async () => {
    await times(5, down);
    expect(asked).toBe(10);
    expect(await run(fine)).toBe('BrokenCircuitError');
    await jest.advanceTimersByTimeAsync(8_900);
    expect(await run(fine)).toBe('BrokenCircuitError');
    expect(asked).toBe(10);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([await run(fine), await run(fine)]).toEqual(['answered', 'answered']);
    expect(asked).toBe(12);
  });

  it('then asks by one request alone, and waits again when that fails', async () => {
    await times(5, down);
    await jest.advanceTimersByTimeAsync(10_000);
    const both = Promise.all([run(down), run(down)]);
    expect(await both).toEqual(['Outage', expect.any(String)]);
    expect(asked).toBe(12);
    expect(await run(fine)).toBe('BrokenCircuitError');
  });

  it('counts outages in a row only', async () => {
    await times(4, down);
    await run(fine);
    await times(4, down);
    expect(await run(fine)).toBe('answered');
  });

  it('counts a server that says no as one that answers', async () => {
    await times(4, down);
    await run(failing(new Denial()));
    await times(4, down);
    expect(await run(fine)).toBe('answered');
  });

  it('leaves other servers alone', async () => {
    await times(5, down);
    expect(await run(fine, 'https://other.test')).toBe('answered');
    expect(await run(fine)).toBe('BrokenCircuitError');
  });
});
