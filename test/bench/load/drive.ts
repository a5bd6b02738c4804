import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface Load {
  readonly port: number;
  readonly connections: number;
  /** Milliseconds, after which no request begins any more. */
  readonly ms: number;
  /** How many requests at most. Default: as many as fit in the time. */
  readonly requests?: number;
  /** The bytes of the next request. */
  readonly next: () => Buffer;
}

export interface Driven {
  readonly requests: number;
  readonly seconds: number;
  readonly p99Ms: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** As many requests as fit in the time, on kept connections, each connection one after the other. @throws on an answer other than 200 */
export async function drive({ port, connections, ms, requests = Infinity, next }: Load): Promise<Driven> {
  let begun = Math.min(connections, requests);
  const sockets = await Promise.all(Array.from({ length: begun }, () => open(port)));
  const times: number[] = [];
  const started = performance.now();
  const end = started + ms;
  const goesOn = (now: number): boolean => now < end && begun++ < requests;
  try {
    await Promise.all(sockets.map(socket => work(socket, next, goesOn, times)));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  times.sort((one, other) => one - other);
  const seconds = (performance.now() - started) / 1000;
  return { requests: times.length, seconds, p99Ms: times[Math.floor(times.length * 0.99)] ?? NaN };
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

function work(socket: Socket, next: () => Buffer, goesOn: (now: number) => boolean, times: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let began = performance.now();
    let received: Buffer | undefined;
    socket.on('error', reject).on('close', () => reject(new Error('The server has closed a connection.')));
    socket.on('data', chunk => {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      if (!isWhole(received)) return;
      const status = received.toString('latin1', 9, 12);
      if (status !== '200') return reject(new Error(`Answered with ${status}: ${received.toString().slice(0, 1000)}`));
      received = undefined;
      const now = performance.now();
      times.push(now - began);
      if (!goesOn(now)) return resolve();
      began = now;
      socket.write(next());
    });
    socket.write(next());
  });
}

function isWhole(bytes: Buffer): boolean {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const head = bytes.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= headEnd + 4 + Number(length);
  return bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
}
