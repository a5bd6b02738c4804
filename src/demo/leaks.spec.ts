import { decoy, findLeaks } from './leaks.js';

describe('the search for tokens', () => {
  const token = decoy();
  const place = (text: string) => [{ name: 'log', text }];

  it('counts a whole token, and a signature alone', () => {
    expect(findLeaks(place(`one ${token}, two ${token.split('.')[2]}`), [token])).toEqual([{ place: 'log', count: 2 }]);
  });

  it('counts a token once that was reported twice', () => {
    expect(findLeaks(place(token), [token, token])).toEqual([{ place: 'log', count: 1 }]);
  });

  it('finds a token that has no signature', () => {
    expect(findLeaks(place('an opaque-refresh-token'), ['opaque-refresh-token'])).toEqual([{ place: 'log', count: 1 }]);
  });

  it('takes another token for nothing', () => {
    expect(findLeaks(place(decoy()), [token])).toEqual([]);
  });
});
