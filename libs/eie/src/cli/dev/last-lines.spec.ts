import { LastLines } from './last-lines.js';

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'c'.repeat(300)}.${'s'.repeat(86)}`;

describe('the last lines of a program', () => {
  it('are whole, without colours, those of two streams apart, and few', () => {
    const lines = new LastLines();
    for (let i = 0; i < 100; i++) lines.add('stdout', `line ${i}\r\n`);
    lines.add('stdout', '\u001b[32mgr');
    lines.add('stderr', 'wrong\n');
    lines.add('stdout', 'een\u001b[0m');
    expect(lines.lines).toHaveLength(40);
    expect(lines.lines.slice(-3)).toEqual(['line 99', 'wrong', 'green']);
  });

  it('have no token in them, also none that comes in parts', () => {
    const lines = new LastLines();
    lines.add('stdout', `Bearer ${TOKEN}, and ${TOKEN}\n${TOKEN.slice(0, 150)}`);
    expect(lines.lines).toEqual(['Bearer [token], and [token]', '[token]']);
    lines.add('stdout', `${TOKEN.slice(150)}\n`);
    expect(lines.lines.at(-1)).toBe('[token]');
    const signed = `eyJhbGciOiJFUzI1NiJ9.eyJ${'c'.repeat(300)}.${'s'.repeat(86)}`;
    lines.add('stdout', `Bearer%20${signed}\nkeyJournalOfEntries.end\n`);
    expect(lines.lines.slice(-2)).toEqual(['Bearer%20[token]', 'keyJournalOfEntries.end']);
  });

  it('are cut where they are long', () => {
    const lines = new LastLines();
    lines.add('stdout', 'x'.repeat(100_000));
    expect(lines.lines[0]!.length).toBeLessThan(600);
  });
});
