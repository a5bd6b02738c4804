import { wrapped } from './wrapped.js';

describe('text on a terminal', () => {
  it('has lines of at most 80 columns, and a longer word on a line of its own', () => {
    const long = 'x'.repeat(100);
    const lines = wrapped(`${'word '.repeat(30)}${long} end`, '    ').split('\n');
    expect(lines.filter(line => line.length > 80)).toEqual([`    ${long}`]);
    expect(lines.every(line => !line || line.startsWith('    '))).toBe(true);
  });

  it('keeps the lines that it has, with their indentation', () => {
    expect(wrapped('The environment lacks:\n  - ONE: set it\n  - TWO: set it', '> ')).toBe(
      '> The environment lacks:\n>   - ONE: set it\n>   - TWO: set it\n',
    );
    expect(wrapped(`  - ${'word '.repeat(20)}`.trimEnd()).split('\n')[1]).toMatch(/^ {2}word/);
  });
});
