import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { noteCredential } from '../../vault/note-credential.js';
import { EchoSearch } from './echo-search.js';
import { Stops } from '../../record/stops.js';
import { SearchedAnswer } from './searched-answer.js';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jws = (bytes = 64, claims: object = { sub: 'alice', exp: 2_000_000_000 }): string =>
  `${encoded({ alg: 'ES256' })}.${encoded(claims)}.${randomBytes(bytes).toString('base64url')}`;
const OWN = jws();
const OTHERS = [jws(32), jws(64), jws(256), jws(64, { exp: 2_000_000_000, groups: 'x'.repeat(12_000) })];
for (const one of OTHERS) noteCredential(one, 1_900_000_000);
const searched = (response: Response, onEcho = (): void => undefined): SearchedAnswer =>
  new SearchedAnswer(response, new EchoSearch([OWN]), new Stops(), onEcho);
const signatureOf = (credential: string): string => credential.slice(credential.lastIndexOf('.') + 1);
const refused = expect.objectContaining({ code: 'target_response_refused' });

interface Reading {
  readonly bytes: Buffer;
  readonly error?: unknown;
  readonly echoes: number;
}

/** What a caller can read of an answer to a call with another credential. */
async function read(chunks: readonly Uint8Array[]): Promise<Reading> {
  let echoes = 0;
  const got: Uint8Array[] = [];
  const source = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const reading = (): Reading => ({ bytes: Buffer.concat(got), echoes });
  try {
    const { body } = searched(new Response(source), () => void echoes++).response();
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) got.push(chunk);
    return reading();
  } catch (error) {
    return { ...reading(), error };
  }
}

/** The bytes in pieces, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map(place => place % (bytes.length + 1)).sort((one, other) => one - other), bytes.length];
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const pieces = fc.oneof(
  fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom('.', '{"a":1.5}', 'Bearer ', 'a.b.c', OTHERS[0]!.slice(0, -1)),
  fc.constant(null).map(() => jws()),
  fc
    .tuple(fc.constantFrom(...OTHERS), fc.nat(400))
    .map(([one, length]) => `.${signatureOf(one).slice(0, length).slice(0, -1)}`),
);
const harmless = fc
  .array(pieces, { maxLength: 8 })
  .map(all => all.join(''))
  .filter(all => !OTHERS.some(one => all.includes(`.${signatureOf(one)}`)));
const places = fc.array(fc.nat(14_000), { maxLength: 20 });

describe('an answer that is searched for the credentials of other calls', () => {
  it('is handed on byte for byte when it holds none, however it is cut: unknown tokens and near misses too', async () => {
    await fc.assert(
      fc.asyncProperty(harmless, places, async (text, at) => {
        const bytes = Buffer.from(text, 'latin1');
        expect(await read(cut(bytes, at))).toEqual({ bytes, echoes: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it('fails once when it holds one, however it is cut, and no byte of the signature is handed on', async () => {
    await fc.assert(
      fc.asyncProperty(harmless, fc.constantFrom(...OTHERS), harmless, places, async (before, echo, after, at) => {
        // A near miss must not end where the credential begins.
        const bytes = Buffer.from(`${before} ${echo}${after}`, 'latin1');
        const { bytes: got, error, echoes } = await read(cut(bytes, at));
        expect([error, echoes]).toEqual([refused, 1]);
        await expect(searched(new Response(bytes)).text()).rejects.toEqual(refused);
        expect(bytes.subarray(0, got.length).equals(got)).toBe(true);
        expect(got.length).toBeLessThan(bytes.indexOf(`.${signatureOf(echo)}`) + 1);
      }),
      { numRuns: 500 },
    );
  });

  it.each(OTHERS.map(one => [signatureOf(one).length, one.length, one]))(
    'fails wherever a signature of %i characters is cut in two, and byte by byte (a credential of %i)',
    async (_signature, _length, one) => {
      const bytes = Buffer.from(`{"last":"Bearer ${one}"}`);
      const start = bytes.lastIndexOf('.');
      for (let at = start - 1; at < bytes.length; at++) {
        const { bytes: got, error } = await read(cut(bytes, [at]));
        expect([at, error, got.length <= start]).toEqual([at, refused, true]);
      }
      const slow = await read([...bytes].map(byte => Buffer.from([byte])));
      expect([slow.error, slow.bytes.length]).toEqual([refused, start]);
    },
  );

  it('holds back less than one signature of what it is still reading', async () => {
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const source = new ReadableStream<Uint8Array>({ start: given => void (controller = given) });
    const reader = searched(new Response(source)).response().body!.getReader();
    const line = Buffer.from(`data: ${jws()}\n\ndata: ${'x'.repeat(100)}`);
    controller!.enqueue(line);
    const { value } = await reader.read();
    expect(value!.length).toBe(line.length);
    controller!.enqueue(Buffer.from('a.b.ccc'));
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('a.b');
    await reader.cancel();
  });

  it.each<[where: string, answer: (one: string) => Response]>([
    ['a header', one => new Response('{}', { headers: { 'x-last-authorization': `Bearer ${one}` } })],
    ['a cookie', one => new Response('{}', { headers: [['set-cookie', `session=${one}; HttpOnly`]] })],
    ['the status text', one => new Response('{}', { statusText: `not ${one}` })],
    ['its address', one => Object.defineProperty(new Response('{}'), 'url', { value: `https://api.test/?t=${one}` })],
  ])('is refused at once when %s holds one', (_where, answer) => {
    for (const one of OTHERS) expect(() => searched(answer(one))).toThrow(refused);
    expect(() => searched(answer(jws()))).not.toThrow();
  });
});
