import { type ServerResponse } from 'node:http';
import { type EieError, wireOf } from 'execution-identity';
import { isClosed } from '../../http/http-request.js';
import { errorMessage, errorOf, eventOf, idOf } from './rpc-error.js';

/**
 * Ends an answer that somebody else writes, with an error of JSON-RPC: as a whole where it has not begun, and as the last event of a
 * stream. What is written afterwards goes nowhere.
 */
export function tellEnd(
  raw: ServerResponse,
  message: unknown,
  refusal: EieError,
  challengeOf: (refusal: EieError) => string | undefined,
): void {
  if (isClosed(raw) || raw.writableEnded) return;
  const error = errorMessage(idOf(message), errorOf(refusal));
  raw.on('error', () => undefined);
  if (raw.headersSent) {
    if (isEventStream(raw)) raw.write(eventOf(error));
  } else {
    const challenge = challengeOf(refusal);
    raw.writeHead(wireOf(refusal.code).status, {
      'content-type': 'application/json',
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
    });
    raw.write(JSON.stringify(error));
  }
  raw.end();
  // Its writer does not know that it has ended.
  raw.writeHead = () => raw;
}

/** Node keeps the headers that `writeHead()` alone was given as the text that it has sent. */
function isEventStream(raw: ServerResponse & { readonly _header?: string }): boolean {
  const type = raw.getHeader('content-type') ?? /^content-type: *(.*)$/im.exec(raw._header ?? '')?.[1];
  return String(type).startsWith('text/event-stream');
}
