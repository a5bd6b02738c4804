import { type ServerResponse } from 'node:http';

/**
 * Whether a response is for no connection: adapters of cloud functions make one of their own, with an object in place of its socket that emits
 * nothing. Such a response emits `finish`, and never `close`.
 */
export const isUnconnected = ({ socket }: ServerResponse): boolean =>
  Boolean(socket) && typeof (socket as { once?: unknown }).once !== 'function';

/** Closes a response for no connection when it has its whole answer, as Node closes all others. */
export function closeWhenFinished(response: ServerResponse): void {
  if (!response.listeners('finish').includes(closeFinished)) response.once('finish', closeFinished);
}

function closeFinished(this: ServerResponse): void {
  this.destroy();
  this.emit('close');
}

/** Fails the function that waits for the answer: it would wait until its time is over. */
export function failUnconnected(response: ServerResponse): void {
  if (response.listenerCount('error')) response.emit('error', new Error('The answer was cut off.'));
  response.emit('close');
}
