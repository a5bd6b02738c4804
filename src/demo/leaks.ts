import { randomBytes } from 'node:crypto';

/** Somewhere a token must not be. */
export interface Place {
  name: string;
  text: string;
}

export interface Leak {
  place: string;
  count: number;
}

/** Where the tokens of the run are: occurrences of a whole token, or of the signature that makes it worth something. */
export function findLeaks(places: Place[], tokens: Iterable<string>): Leak[] {
  const needles = [...new Set([...tokens].map(needle))];
  return places.flatMap(({ name, text }) => {
    const count = needles.reduce((sum, one) => sum + text.split(one).length - 1, 0);
    return count ? [{ place: name, count }] : [];
  });
}

/** A whole token ends with its signature, so that one search finds both. What has no signature is searched for as it is. */
const needle = (token: string): string => token.split('.')[2] || token;

/** Looks like a token and is none. */
export function decoy(): string {
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt' })).toString('base64url');
  return [header, ...[90, 64].map(size => randomBytes(size).toString('base64url'))].join('.');
}
