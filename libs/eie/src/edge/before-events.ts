import { subscribe } from 'node:diagnostics_channel';
import { type IncomingMessage } from 'node:http';

type Take = (request: IncomingMessage) => void;

/** By the server. Two applications may share one. */
const takers = new WeakMap<object, Take[]>();
let isSubscribed = false;

/**
 * Calls a function with each HTTP/1 request of a server before Node emits its event. Sentry and OpenTelemetry put a function in the place of
 * `server.emit()`, and copy the headers there: earlier than every listener. It is not called for what is offered to upgrade, or for HTTP/2.
 *
 * @param take must not throw: Node ends the process for it
 */
export function beforeEvents(server: object, take: Take): void {
  takers.set(server, [take, ...(takers.get(server) ?? [])]);
  if (isSubscribed) return;
  isSubscribed = true;
  subscribe('http.server.request.start', message => {
    const { server: of, request } = message as { readonly server: object; readonly request: IncomingMessage };
    for (const one of takers.get(of) ?? []) one(request);
  });
}
