import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { clearTimeout } from 'node:timers';

const ANSWER_TIMEOUT_MS = 10_000;
/** Who refuses a body that is still on its way may reset the connection, and lose its own answer with that (RFC 9112 §9.6): it is asked again. */
const TRIES = 5;

/** One HTTP/1.1 connection on loopback that sends the bytes it is given, whatever they are, one request at a time. */
export class Connection {
  #socket;

  constructor(port) {
    this.port = port;
  }

  /** The answer to the request in `bytes`; `undefined` when there is none. */
  async send(bytes, method) {
    for (let tries = 1; ; tries++) {
      const { answer, isReset } = await this.#exchange(bytes, method);
      if (answer || !isReset || tries === TRIES) return answer;
    }
  }

  async #exchange(bytes, method) {
    const socket = await this.#open();
    return new Promise(resolve => {
      let received = Buffer.alloc(0);
      let isReset = false;
      const end = answer => {
        clearTimeout(timer);
        socket.off('data', read).off('close', closed).off('error', failed);
        if (!answer || answer.closes) this.close();
        resolve({ answer, isReset });
      };
      const read = chunk => {
        received = Buffer.concat([received, chunk]);
        const answer = parseAnswer(received, method, false);
        if (answer) end(answer);
      };
      const closed = () => end(parseAnswer(received, method, true));
      const failed = ({ code }) => (isReset = code === 'ECONNRESET' || code === 'EPIPE');
      const timer = setTimeout(end, ANSWER_TIMEOUT_MS);
      socket.on('data', read).once('close', closed).on('error', failed);
      socket.write(bytes);
    });
  }

  close() {
    this.#socket?.on('error', () => undefined).destroy();
    this.#socket = undefined;
  }

  async #open() {
    if (this.#socket?.writable && !this.#socket.readableEnded) return this.#socket;
    this.close();
    this.#socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    await once(this.#socket, 'connect');
    return this.#socket;
  }
}

/** The first answer in `bytes`, or `undefined` while it is incomplete. */
function parseAnswer(bytes, method, ended) {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine, ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number(statusLine.split(' ')[1]);
  const rest = bytes.subarray(headEnd + 4);
  const body = method === 'HEAD' || status === 204 || status === 304 ? '' : bodyOf(rest, headers, ended);
  return body === undefined
    ? undefined
    : { status, headers, body, closes: ended || headers.connection !== 'keep-alive' };
}

function bodyOf(bytes, headers, ended) {
  if (headers['transfer-encoding'] === 'chunked')
    return ended || bytes.toString('latin1').endsWith('0\r\n\r\n') ? bytes.toString() : undefined;
  const length = Number(headers['content-length'] ?? 0);
  return ended || bytes.length >= length ? bytes.toString('utf8', 0, length) : undefined;
}
