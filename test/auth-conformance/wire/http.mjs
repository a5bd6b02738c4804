import { Buffer } from 'node:buffer';
import { Agent as PlainAgent, request as plain } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';
import { clearTimeout } from 'node:timers';

/** An agent that has one connection at most, and keeps it. */
export const oneConnection = url =>
  new (new URL(url).protocol === 'https:' ? SecureAgent : PlainAgent)({ keepAlive: true, maxSockets: 1 });

const MOST_BYTES = 1024 * 1024;

/**
 * One HTTP request whose header lines go out as given, two of one name too. What has come after `patience` milliseconds, or
 * when `isDone` says so, is the answer: a stream need not end.
 *
 * @param {[string, string][]} headers
 */
export function send(
  url,
  { method = 'POST', headers = [], body, agent = false, patience = 5000, isDone = () => false },
) {
  const target = new URL(url);
  const lines = [...headers];
  if (!lines.some(([name]) => name.toLowerCase() === 'host')) lines.unshift(['host', target.host]);
  if (body !== undefined) lines.push(['content-length', String(Buffer.byteLength(body))]);
  return new Promise((resolve, reject) => {
    let finish = () => sent.destroy(new Error(`no answer in ${patience / 1000} s`));
    const timer = setTimeout(() => finish(), patience);
    const sent = (target.protocol === 'https:' ? secure : plain)(
      target,
      { method, headers: lines.flat(), agent },
      response => {
        const answer = {
          status: response.statusCode,
          headers: response.headers,
          text: '',
          isReused: sent.reusedSocket,
        };
        finish = (isOver = false) => {
          clearTimeout(timer);
          // Whether the server has ended it, or we no longer listen.
          answer.isOver ??= isOver;
          resolve(answer);
          if (!isOver) sent.destroy();
        };
        response.setEncoding('utf8').on('data', part => {
          answer.text += part;
          if (answer.text.length > MOST_BYTES || isDone(answer)) finish();
        });
        for (const event of ['end', 'close', 'error']) response.on(event, () => finish(true));
        if (isDone(answer)) finish();
      },
    );
    sent.on('error', error => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
