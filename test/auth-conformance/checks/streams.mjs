import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { LEGACY, MODERN, modern } from '../wire/messages.mjs';

/** Seconds: enough to open a stream, even on a slow machine. */
const SHORT_LIFE = 1.5;
/** Milliseconds after the end of the token for which a stream may still be there. */
const GRACE = 1000;
/** Milliseconds before it, at most: clocks differ. */
const EARLY = 500;

const FILTER = { notifications: { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } };

/** Opens every stream that the server has, all at once, and tells when and how each was over. */
async function watchedStreams(subject, credential, until) {
  const eras = await subject.eras();
  const { sessionId } = eras.includes(LEGACY) ? await subject.open(credential) : {};
  const patience = until - Date.now();
  const opened = {};
  if (eras.includes(MODERN)) {
    const { headers, body } = modern('subscriptions/listen', FILTER);
    opened['subscriptions/listen'] = subject.fetch(subject.url, {
      headers: [...headers, ...credential],
      body: JSON.stringify(body),
      patience,
    });
  }
  if (sessionId !== undefined) {
    const headers = [
      ['accept', 'text/event-stream'],
      ['mcp-protocol-version', LEGACY],
      ['mcp-session-id', sessionId],
      ...credential,
    ];
    opened['GET of a session'] = subject.fetch(subject.url, { method: 'GET', headers, patience });
  }
  return Promise.all(
    Object.entries(opened).map(async ([what, stream]) => ({ what, answer: await stream, at: Date.now() })),
  );
}

export const checks = [
  {
    id: 'server-auth-stream-ends-with-token',
    name: 'StreamEndsWithToken',
    level: 'SHOULD',
    description:
      'A stream of notifications ends when the token that opened it expires: of a subscription, and of a session',
    specReferences: [MCP.subscriptions, MCP.tokenHandling],
    async run(subject) {
      const expiresAt = Math.ceil(Date.now() / 1000 + SHORT_LIFE);
      const credential = bearer(await subject.tokens.signed({ exp: expiresAt }));
      const streams = await watchedStreams(subject, credential, expiresAt * 1000 + GRACE);
      const lasting = streams.filter(
        ({ answer, at }) =>
          answer.headers['content-type']?.startsWith('text/event-stream') && at > expiresAt * 1000 - EARLY,
      );
      if (!lasting.length) skip('the server keeps no stream open');
      const open = lasting.filter(({ answer }) => !answer.isOver).map(({ what }) => what);
      if (open.length) unmet(`still open ${GRACE / 1000} s after the token had expired: ${open.join(', ')}`);
      return { streams: lasting.map(({ what }) => what) };
    },
  },
];
