import { type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/** By connection, and only of those on which a request has come before the one ahead of it was answered (HTTP pipelining). */
const waiting = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Closes a response that still waits for its turn when its connection closes. Node closes only the one whose turn it is: all others would never
 * emit `close`, and whatever hangs on it would never be let go. A connection has one listener, however many responses wait on it.
 */
export function closeWithConnection(response: ServerResponse): void {
  const { socket } = response.req as { socket?: Partial<Socket> };
  // Not every response is one of a connection: functions of a cloud and `inject()` make their own.
  if (!socket?.once) return;
  const responses = waitingOn(socket as Socket);
  if (responses.has(response)) return;
  responses.add(response);
  response.once('close', () => responses.delete(response));
}

function waitingOn(socket: Socket): Set<ServerResponse> {
  const known = waiting.get(socket);
  if (known) return known;
  const responses = new Set<ServerResponse>();
  waiting.set(socket, responses);
  socket.once('close', () => responses.forEach(close));
  return responses;
}

function close(response: ServerResponse): void {
  // Its turn has come: Node closes it.
  if (response.socket) return;
  response.destroy();
  response.emit('close');
}
