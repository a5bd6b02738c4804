import { ADAPTERS } from '../support/app.js';
import { base64url, claimsOf, type DoorApp, refusal, startDoor } from '../support/door.js';
import { startWorld, type World } from '../support/world.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes: the last character of a 64-byte signature has four bits that say nothing. */
function withSpareBits(token: string): string {
  const last = ALPHABET.indexOf(token.at(-1)!);
  return token.slice(0, -1) + ALPHABET[last ^ 1];
}

/** A genuine token whose signature has a character that the two base64 alphabets write differently. */
function withSpecialCharacter(world: World): string {
  for (;;) {
    const token = world.userToken();
    if (/[-_]/.test(token.split('.')[2]!)) return token;
  }
}

const SPELLINGS: [string, (world: World) => string][] = [
  ['padding at its end', world => `${world.userToken()}==`],
  ['padding in its header', world => world.userToken().replace('.', '=.')],
  ['bits to spare in its signature', world => withSpareBits(world.userToken())],
  ['the alphabet of plain base64', world => swapped(withSpecialCharacter(world))],
  ['a dot at its end', world => `${world.userToken()}.`],
  ['a dot at its beginning', world => `.${world.userToken()}`],
  ['a line break, percent-encoded', world => `${world.userToken()}%0A`],
  ['a byte that is no base64 in its claims', world => world.userToken().replace(/\./, '.!')],
  [
    'a claim said twice',
    world => signedText(world, JSON.stringify(claimsOf(world.userToken())).replace('{', '{"sub":"bob",')),
  ],
  [
    'a claim said twice in two spellings',
    world => signedText(world, JSON.stringify(claimsOf(world.userToken())).replace('{', '{"\\u0073ub":"bob",')),
  ],
  [
    'a byte order mark before its claims',
    world => signedText(world, `\uFEFF${JSON.stringify(claimsOf(world.userToken()))}`),
  ],
];

const swapped = (token: string): string => {
  const [header, claims, signature] = token.split('.');
  return `${header}.${claims}.${signature!.replaceAll('-', '+').replaceAll('_', '/')}`;
};

/** Not signed: it has to be refused for its form, before anybody looks at the signature. */
const signedText = (world: World, text: string): string => {
  const [header, , signature] = world.userToken().split('.');
  return `${header}.${base64url(text)}.${signature}`;
};

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let door: DoorApp;

  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, { adapter });
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  it.each(SPELLINGS)('a genuine token with %s is refused', async (_what, token) => {
    expect(await door.knock(token(world))).toEqual(refusal('token_malformed'));
  });

  it.each([
    ['a space before it', (token: string) => ` ${token}`],
    ['a space within it', (token: string) => `${token.slice(0, 50)} ${token.slice(50)}`],
    ['a tab within it', (token: string) => `${token.slice(0, 50)}\t${token.slice(50)}`],
    ['a parameter behind it', (token: string) => `${token}, realm="x"`],
  ])('a genuine token with %s is a malformed request', async (_what, change) => {
    expect(await door.knock(change(world.userToken()))).toMatchObject({
      status: 400,
      opened: false,
      records: [{ reason: 'request_malformed', actor_sub: null }],
    });
  });

  it('the spare bits do not change the signature: without the check the token would pass', () => {
    const token = world.userToken();
    const bytes = (text: string) => Buffer.from(text.split('.')[2]!, 'base64url').toString('hex');
    expect(withSpareBits(token)).not.toBe(token);
    expect(bytes(withSpareBits(token))).toBe(bytes(token));
  });
});
