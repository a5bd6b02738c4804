import { Connection } from './connection.mjs';
import { FAILURES, judge } from './judge.mjs';
import { bytesOf } from './requests/requests.mjs';

const CONNECTIONS = 24;
const WAVE = 1200;
const SHOWN_FAILURES = 10;

/** Sends requests to the application over a bounded number of kept connections, wave by wave, and keeps the score. */
export class Driver {
  #server;
  #connections;
  #sent = 0;
  verdicts = {};
  reasons = {};
  unhandled = 0;
  /** The first requests that went wrong, in full. */
  failures = [];
  /** Of each kind, the request that was longest in the server. */
  slowest = new Map();
  loopDelayMs;

  constructor(server) {
    this.#server = server;
    this.#connections = Array.from({ length: CONNECTIONS }, () => new Connection(server.port));
  }

  get requests() {
    return this.#sent;
  }

  /** @returns milliseconds in the guard of the good requests among them */
  async send(requests) {
    const guardMs = [];
    for (let wave = take(requests, WAVE); wave.length; wave = take(requests, WAVE))
      guardMs.push(...(await this.#wave(wave)));
    return guardMs;
  }

  /** One request with nothing else in flight: milliseconds from its head to the end of its answer, in the server. */
  async alone(request) {
    const [{ total, traceId }] = await this.#exchange([request], 1);
    return total[traceId] ?? 0;
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }

  async #wave(wave) {
    const exchanges = await this.#exchange(wave, CONNECTIONS);
    const guardMs = [];
    for (const { request, traceId, answer, records, guard, total } of exchanges) {
      const verdict = judge(request, answer, records[traceId] ?? []);
      this.#keep(request, verdict, answer, records[traceId]);
      if (request.sub) guardMs.push(guard[traceId]);
      if (!(this.slowest.get(request.kind)?.ms > total[traceId]))
        this.slowest.set(request.kind, { request, ms: total[traceId] ?? 0 });
    }
    return guardMs.filter(ms => ms !== undefined);
  }

  async #exchange(requests, width) {
    const exchanges = requests.map(request => ({ request, traceId: (++this.#sent).toString(16).padStart(32, '0') }));
    const waiting = [...exchanges];
    const work = async connection => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        next.answer = await connection.send(bytesOf(next.request, next.traceId), next.request.method);
      }
    };
    await Promise.all(this.#connections.slice(0, width).map(work));
    const { unhandled = 0, loopDelayMs, ...observed } = await this.#server.take();
    this.unhandled += unhandled;
    this.loopDelayMs = loopDelayMs;
    return exchanges.map(exchange => ({ ...exchange, ...observed }));
  }

  #keep(request, verdict, answer, records = []) {
    this.verdicts[verdict] = (this.verdicts[verdict] ?? 0) + 1;
    for (const { reason } of records) if (reason) this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    if (FAILURES.includes(verdict) && this.failures.length < SHOWN_FAILURES)
      this.failures.push({ verdict, request, status: answer?.status, body: answer?.body.slice(0, 200), records });
  }
}

function take(iterator, count) {
  const taken = [];
  while (taken.length < count) {
    const { value, done } = iterator.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
