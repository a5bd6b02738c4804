import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { EchoSearch } from './echo-search.js';
import { Stops } from '../../record/stops.js';
import { SearchedAnswer } from './searched-answer.js';

const SIGNATURE = randomBytes(64).toString('base64url');
const TOKEN = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${SIGNATURE}`;
const OPAQUE = `opaque.${randomBytes(12).toString('base64url')}`;
const refused = expect.objectContaining({ code: 'target_response_refused' });

const searched = (response: Response, credentials: readonly string[], onEcho = (): void => undefined): SearchedAnswer =>
  new SearchedAnswer(response, new EchoSearch(credentials), new Stops(), onEcho);

const streaming = (chunks: readonly Uint8Array[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    }),
  );

/** What a caller can read of it, in the end or until it fails. */
async function read(
  chunks: readonly Uint8Array[],
  credentials = [TOKEN, OPAQUE],
): Promise<{ bytes: Buffer; error?: unknown; echoes: number }> {
  let echoes = 0;
  const read: Uint8Array[] = [];
  try {
    const { body } = searched(streaming(chunks), credentials, () => void echoes++).response();
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) read.push(chunk);
    return { bytes: Buffer.concat(read), echoes };
  } catch (error) {
    return { bytes: Buffer.concat(read), error, echoes };
  }
}

/** What a caller gets of it as a whole. */
async function readWhole(chunks: readonly Uint8Array[]): Promise<{ text?: string; error?: unknown; echoes: number }> {
  let echoes = 0;
  const answer = searched(streaming(chunks), [TOKEN, OPAQUE], () => void echoes++);
  return answer.text().then(
    text => ({ text, echoes }),
    (error: unknown) => ({ error, echoes }),
  );
}

const split = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const cuts = [0, ...[...at].sort((one, other) => one - other), bytes.length];
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
};

/** What looks like the beginning, the middle or the end of a credential, and never is one as a whole. */
const pieces = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)),
  fc
    .tuple(fc.constantFrom(SIGNATURE, OPAQUE, TOKEN.slice(0, -1)), fc.nat(70), fc.nat(70))
    .map(([secret, from, length]) => Buffer.from(secret.slice(from, from + Math.min(length, secret.length - 2)))),
  fc.nat(SIGNATURE.length - 1).map(i => Buffer.from(`${SIGNATURE.slice(0, i)}!${SIGNATURE.slice(i + 1)}`)),
);
const harmless = fc
  .array(pieces, { maxLength: 12 })
  .map(all => Buffer.concat(all))
  .filter(bytes => !bytes.includes(SIGNATURE) && !bytes.includes(OPAQUE));
const cuts = fc.array(fc.nat(400), { maxLength: 30 });
const within = (bytes: Buffer, at: readonly number[]) =>
  split(
    bytes,
    at.map(cut => cut % (bytes.length + 1)),
  );

describe('the answer of a target', () => {
  it('hands on every answer without a credential byte for byte, however it is cut, though it nearly holds one', async () => {
    await fc.assert(
      fc.asyncProperty(harmless, cuts, async (bytes, at) => {
        const answer = await read(within(bytes, at));
        expect(answer).toEqual({ bytes, echoes: 0 });
        expect(await readWhole(within(bytes, at))).toEqual({ text: await new Response(bytes).text(), echoes: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  it('ends every answer with a credential before its first byte, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        harmless,
        fc.constantFrom(TOKEN, SIGNATURE, OPAQUE),
        harmless,
        cuts,
        async (before, echo, after, at) => {
          const bytes = Buffer.concat([before, Buffer.from(echo), after]);
          const answer = await read(within(bytes, at));
          const secret = echo === OPAQUE ? OPAQUE : SIGNATURE;
          expect(answer).toMatchObject({ error: refused, echoes: 1 });
          expect(await readWhole(within(bytes, at))).toEqual({ error: refused, echoes: 1 });
          expect(
            answer.bytes.equals(bytes.subarray(0, answer.bytes.length)) && answer.bytes.length <= bytes.indexOf(secret),
          ).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('finds a signature that is cut in two at any position, and one that comes byte by byte', async () => {
    const bytes = Buffer.from(`{"you sent":"${SIGNATURE}"}`);
    const start = bytes.indexOf(SIGNATURE);
    for (let at = start; at <= start + SIGNATURE.length; at++) {
      const answer = await read(split(bytes, [at]));
      expect([at, answer.error, answer.bytes.length <= start]).toEqual([at, refused, true]);
    }
    expect(await read([...bytes].map(byte => Buffer.from([byte])))).toMatchObject({
      error: refused,
      bytes: bytes.subarray(0, start),
    });
  });

  it.each<[where: string, response: () => Response]>([
    ['a header', () => new Response('{}', { headers: { 'x-echo': `Bearer ${TOKEN}` } })],
    ['a header with its signature alone', () => new Response('{}', { headers: { 'x-echo': SIGNATURE } })],
    [
      'the second of two cookies',
      () =>
        new Response('{}', {
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', `token=${TOKEN}`],
          ],
        }),
    ],
    ['the name of a header', () => new Response('{}', { headers: { [`x-${OPAQUE.toLowerCase()}`]: '1' } })],
    ['the status text', () => new Response('{}', { statusText: `no ${TOKEN}` })],
    [
      'its address',
      () => Object.defineProperty(new Response('{}'), 'url', { value: `https://api.test/?token=${TOKEN}` }),
    ],
    ['an answer without a body', () => new Response(null, { status: 204, headers: { 'x-echo': TOKEN } })],
  ])('refuses a credential in %s at once, and ends the answer', async (_where, response) => {
    const [answer, credentials] = [response(), [TOKEN, OPAQUE.toLowerCase()]];
    expect(() => searched(answer, credentials)).toThrow(refused);
    await expect(answer.body?.getReader().read() ?? Promise.resolve({ done: true })).resolves.toMatchObject({
      done: true,
    });
  });

  it('looks for a short credential in no answer: it would be found by chance', async () => {
    expect(await read([Buffer.from('a short one')], ['short'])).toMatchObject({
      bytes: Buffer.from('a short one'),
      echoes: 0,
    });
  });

  it('lets the target stop when its answer is refused, and when its caller stops reading', async () => {
    for (const stop of [
      (body: ReadableStream) => body.cancel(),
      (body: ReadableStream) => new Response(body).text().catch(() => undefined),
    ]) {
      let stopped = 0;
      const source = new ReadableStream({
        pull: controller => controller.enqueue(Buffer.from(`${SIGNATURE}\n`)),
        cancel: () => void stopped++,
      });
      await stop(searched(new Response(source), [TOKEN]).response().body!);
      expect(stopped).toBe(1);
    }
  });
});
