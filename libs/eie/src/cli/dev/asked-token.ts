import { type DevTokenRequest } from './dev-page.js';

/** Seconds: no policy takes a token that lives longer, unless it is told to. */
const LONGEST = 86_400;
const NAMES = ['sub', 'tenant', 'agent'] as const;
const LISTS = ['scopes', 'roles'] as const;

/** A request that cannot be carried out. Its message is for whoever has sent it, and has nothing of the request but the names of its members. */
export class BadRequest extends Error {}

/** @throws BadRequest */
export function askedToken(body: unknown): DevTokenRequest {
  const asked = (typeof body === 'object' && body ? body : {}) as Record<string, unknown>;
  const known: readonly string[] = [...NAMES, ...LISTS, 'expiresIn'];
  const unknown = Object.keys(asked).filter(name => !known.includes(name));
  if (unknown.length) throw new BadRequest(`A token is asked for by ${known.join(', ')} alone.`);
  for (const name of NAMES)
    if (asked[name] !== undefined && !isName(asked[name]))
      throw new BadRequest(`${name} must be a text of at most 256 characters that print.`);
  for (const name of LISTS)
    if (asked[name] !== undefined && !isWords(asked[name]))
      throw new BadRequest(`${name} must be a list of at most 100 words without spaces.`);
  const { expiresIn = 1 } = asked;
  if (!Number.isSafeInteger(expiresIn) || Math.abs(expiresIn as number) > LONGEST)
    throw new BadRequest(`expiresIn must be a whole number of seconds, ${LONGEST} at most; below 0 it has expired.`);
  return asked;
}

const isName = (value: unknown): boolean =>
  typeof value === 'string' && /^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]{1,256}$/u.test(value);

const isWords = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= 100 && value.every(one => isName(one) && !/\s/.test(one as string));
