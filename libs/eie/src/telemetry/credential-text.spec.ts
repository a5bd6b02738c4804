import { holdsCredential } from './credential-text.js';

const TOKEN = `${'eyJhbGciOiJFUzI1NiJ9'}.${'eyJzdWIiOiJhbGljZSJ9'}.${'s'.repeat(86)}`;
const encoded = (text: string): string => text.replaceAll('%', '%25').replaceAll('.', '%2e');

describe('a text of a trace', () => {
  it.each([
    TOKEN,
    `t=${TOKEN};p=1`,
    `t=${encoded(TOKEN)}`,
    `t=${encoded(encoded(TOKEN))}`,
    `t=Bearer%20${TOKEN}`,
    `t=%zz${encoded(TOKEN)}`,
    `t=${[...TOKEN].map(letter => `%${letter.charCodeAt(0).toString(16)}`).join('')}`,
    `a=1;t=www.${TOKEN}`,
    'aaaaaaaa.bbbbbbbb.cccccccc',
    `t=${'%25'.repeat(1)}${'25'.repeat(9)}2e`,
  ])('holds a credential, or hides what it holds: %j', text => {
    expect(holdsCredential(text)).toBe(true);
  });

  it.each(['userId=alice', 'userId=Am%C3%A9lie', 'host=api.shop.example.com', 'a=100%', 'v=1.2.3', 'a=%', ''])(
    'holds none: %j',
    text => {
      expect(holdsCredential(text)).toBe(false);
    },
  );

  it('is read in linear time', () => {
    for (const piece of ['a', 'a.', '%', '%25', 'aaaaaaaa.', '.'])
      expect(typeof holdsCredential(piece.repeat(200_000))).toBe('boolean');
  });
});
