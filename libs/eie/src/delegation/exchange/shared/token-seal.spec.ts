import { isOfAnotherVersion, TokenSeal } from './token-seal.js';

const [SECRET, SERVER] = ['s'.repeat(32), 'https://mcp.shop.test/mcp'];
const TEXT = JSON.stringify({ token: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl' });
const ID = 'what the token depends on';

describe('what a secret seals', () => {
  const seal = new TokenSeal(SECRET, SERVER);
  const place = seal.place(ID);

  it('is opened by every process that has the secret, at its place', () => {
    const other = new TokenSeal(SECRET, SERVER);
    expect(other.place(ID)).toBe(place);
    for (const text of [TEXT, '', 'ä\u{1f511}', 'x'.repeat(20_000)])
      expect(other.open(seal.seal(text, place), place)).toBe(text);
  });

  it('is opened at no other place', () => {
    expect(seal.open(seal.seal(TEXT, place), seal.place(`${ID} `))).toBeUndefined();
  });

  it('is opened by no other secret, and by no other server that has the same one', () => {
    for (const other of [new TokenSeal('t'.repeat(32), SERVER), new TokenSeal(SECRET, `${SERVER}/`)]) {
      expect(other.place(ID)).not.toBe(place);
      expect(other.open(seal.seal(TEXT, place), place)).toBeUndefined();
    }
  });

  it('is not opened where any byte of it was changed, cut off or added', () => {
    const bytes = Buffer.from(seal.seal(TEXT, place).slice(2), 'base64url');
    const opened = (changed: Uint8Array) => seal.open(`1.${Buffer.from(changed).toString('base64url')}`, place);
    expect(opened(bytes)).toBe(TEXT);
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(opened(changed)).toBeUndefined();
      expect(opened(bytes.subarray(0, i))).toBeUndefined();
      expect(opened(bytes.subarray(i + 1))).toBeUndefined();
    }
    expect(opened(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
  });

  it.each(['', '1.', '1', '2.', 'x', TEXT, '1.'.padEnd(200, 'A'), '1.____', '\0'])(
    'is nothing that somebody has made up, such as %j',
    made => {
      expect(seal.open(made, place)).toBeUndefined();
      expect(seal.open(`${made}.${seal.seal(TEXT, place)}`, place)).toBeUndefined();
    },
  );

  it('shows nothing of the token or of what it depends on, and is another text each time', () => {
    const sealed = [seal.seal(TEXT, place), seal.seal(TEXT, place)];
    expect(new Set(sealed).size).toBe(2);
    for (const one of sealed) {
      expect(one).toMatch(/^1\.[\w-]+$/);
      const bytes = Buffer.from(one.slice(2), 'base64url').toString('latin1');
      for (const part of [...TEXT.split('.'), ID, place])
        for (const text of [one, bytes]) expect(text).not.toContain(part);
    }
    expect(place).toMatch(/^[\w-]{43}$/);
  });

  it('says when another version of the library has sealed it: two run while a server is updated', () => {
    expect(['2.abc', '17.abc'].map(isOfAnotherVersion)).toEqual([true, true]);
    const others = [seal.seal(TEXT, place), '1.abc', '', 'x2.abc', '0.abc', '2', 7, null, undefined];
    expect(others.filter(isOfAnotherVersion)).toEqual([]);
  });
});
