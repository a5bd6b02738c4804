import { subscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, type Server } from 'node:http';

type Show = (request: IncomingMessage) => void;

const shown = new WeakMap<Server, Show>();

// When this file is loaded: the edge of the first application subscribes to the same channel, and would be first.
subscribe('http.server.request.start', message => {
  const { server, request } = message as { readonly server: Server; readonly request: IncomingMessage };
  shown.get(server)?.(request);
});

/** Shows each request of a server as it arrives, with its credentials. */
export const beforeTheEdge = (server: Server, show: Show): void => void shown.set(server, show);
