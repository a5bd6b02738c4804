import { asLatin } from './look-alikes.js';

/** Who may act, or for whom. */
const PARTIES = 'actor agent caller client impersonator principal requester requestor subject tenant user'.split(' ');
/** What points at one of them: `user_id`, `tenantUuid`. */
const REFERENCES = 'id ids identifier identifiers uid uids uuid uuids guid guids'.split(' ');

/** An identity wherever these words stand next to each other in a name: `target_user_id`, `onBehalfOfUser`. */
const PHRASES = [
  ...PARTIES.flatMap(party => REFERENCES.map(reference => `${party} ${reference}`)),
  ...['caller', 'requester', 'requestor'].flatMap(party => [`${party} name`, `${party} email`]),
  ...['user name', 'user email', 'user login', 'user key', 'user handle', 'user principal', 'principal name'],
  ...['agent name', 'tenant name', 'tenant slug', 'tenant key'],
  ...['on behalf', 'on behalf of', 'behalf of', 'acting as', 'acting for', 'act as', 'run as user', 'login as'],
  ...['assume user', 'switch user', 'sudo user'],
  ...['impersonate', 'impersonated', 'impersonating', 'impersonation'],
];

/** An identity only as the whole name: `subject_line`, `tenantCount`, `userAgent` and `principal_amount` are none. */
const WHOLE = [
  ...PARTIES.filter(party => party !== 'client'),
  ...['users', 'tenants', 'sub', 'act', 'azp', 'uid', 'upn', 'oid', 'obo', 'identity', 'run as'],
  ...['approved', 'authorized', 'executed', 'performed', 'requested'].map(done => `${done} by`),
];

/** What changes nothing about a name when it stands before it, as in `current_user`, or after it, as in `actor.sub`. */
const BEFORE = new Set(
  'acting as authenticated by current effective end for logged in my on original real target the x'.split(' '),
);
const AFTER = new Set('claim override ref reference sub'.split(' '));

/** Beside a field of such a name, `subject` is what a message is about. */
const OF_A_MESSAGE = new Set('bcc body cc description html message recipient recipients to'.split(' '));

/**
 * The names of input fields that look like an identity: who acts, or for whom. A name is compared word by word, in any case, however its
 * words are separated, and as the Latin letters that it looks like. Half a word never counts.
 *
 * It does NOT find an identity under a name of the application, such as `customer_id`: those are the words that the application adds.
 *
 * @example new IdentityNames(['customer_id']).includes('customerId') // true
 */
export class IdentityNames {
  readonly #phrases: readonly string[];
  /** Without separators, as in `userid`. */
  readonly #joined: ReadonlySet<string>;
  readonly #whole: ReadonlySet<string>;

  /** @param more words of the application. One word is a whole name, several are found inside a name too */
  constructor(more: readonly string[] = []) {
    const own = more.map(one => wordsOf(one).join(' ')).filter(Boolean);
    this.#phrases = [...PHRASES, ...own.filter(one => one.includes(' '))];
    this.#joined = new Set(this.#phrases.map(joined));
    this.#whole = new Set([...WHOLE, ...own, ...this.#phrases].map(joined));
  }

  /** @param siblings the other fields of the same object */
  includes(name: string, siblings: readonly string[] = []): boolean {
    // Once by the capitals inside it, and once without: `uSeR_iD`.
    return [wordsOf(name), wordsIn(asLatin(name))].some(words => this.#isIdentity(words, siblings));
  }

  #isIdentity(words: readonly string[], siblings: readonly string[]): boolean {
    const text = ` ${words.join(' ')} `;
    if (this.#phrases.some(phrase => text.includes(` ${phrase} `))) return true;
    if (words.some(word => this.#joined.has(word))) return true;
    const whole = joined(coreOf(words).join(' '));
    if (whole === 'subject' && siblings.some(isOfMessage)) return false;
    return this.#whole.has(whole);
  }
}

const joined = (words: string): string => words.replaceAll(' ', '');

const isOfMessage = (name: string): boolean => wordsOf(name).some(word => OF_A_MESSAGE.has(word));

/** The words of a name, in lower case: `X-Actor-Sub`, `actorSub` and `actor.sub` have the same last two. */
function wordsOf(name: string): string[] {
  const separated = asLatin(name)
    .replace(/ID(s?)(?!\p{Ll})/gu, 'Id$1')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return wordsIn(separated);
}

const wordsIn = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean);

/** Without the words that change nothing; one always stays. */
function coreOf(words: readonly string[]): readonly string[] {
  if (words.length > 1 && BEFORE.has(words[0]!)) return coreOf(words.slice(1));
  if (words.length > 1 && AFTER.has(words.at(-1)!)) return coreOf(words.slice(0, -1));
  return words;
}
