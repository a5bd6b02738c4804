import { setTimeout as sleep } from 'node:timers/promises';
import { type Diagnostics, EieError, type Fetch } from 'execution-identity';
import { errorName, readStrictJson } from 'execution-identity/internal';
import { type PollOptions } from '../options/signals.options.js';
import { eventError, isPassing } from './signal-answer.js';

/** Milliseconds for which the transmitter may hold a poll until there is an event. */
const LONGEST_POLL = 60_000;
/** Events of one answer: they must fit what is read of it. */
const MAX_EVENTS = 50;
/** Seconds: after the first failure, and at most. */
const [FIRST_REST, LAST_REST] = [1, 60];
/** Seconds: between two polls that find nothing, and between any. */
const [EVERY, FLOOR] = [10, 0.2];
/** Refusals of one poll that are recorded. */
const MAX_RECORDED = 10;
/** An answer without a body: transmitters give it where there is no event. */
const NOTHING = 204;

interface Parts {
  readonly fetch: Fetch;
  readonly diagnostics: Diagnostics;
  /** Resolves when what the token asks for holds, which was given under this id. */
  readonly receive: (compact: string, jti: string) => Promise<void>;
  /** What is refused is recorded. */
  readonly refused: (error: EieError) => Promise<void>;
}

/** What the next request tells about the events of the last answer. */
interface Verdicts {
  readonly ack: string[];
  /** By ids that the transmitter chooses. */
  readonly setErrs: Map<string, ReturnType<typeof eventError>>;
}

const noVerdicts = (): Verdicts => ({ ack: [], setErrs: new Map() });

/**
 * Polls one transmitter for security events, one request at a time: RFC 8936. Only what holds is acknowledged; what is refused is told by `setErrs`;
 * of what could not be stored or recorded nothing is said, so that it comes again. After a failure, and after events of which none was acknowledged,
 * it waits 1 s, and then ever longer, up to a minute. Of the refusals of one poll 10 are recorded; the operator is told how many more there were.
 */
export class EventPoller {
  readonly #stop = new AbortController();
  #verdicts = noVerdicts();
  /** Polls in a row that failed, or brought events of which none counts. */
  #failures = 0;
  #isAway = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly issuer: string,
    private readonly options: PollOptions,
    private readonly parts: Parts,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const since = performance.now();
      const rest = await this.#poll(since);
      await sleep(Math.max(FLOOR, rest) * 1000, undefined, { signal: this.#stop.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  /** @returns seconds to wait before the next poll */
  async #poll(since: number): Promise<number> {
    try {
      const sets = await this.#ask();
      if (this.#isAway) this.#tell('info', 'is polled again');
      this.#isAway = false;
      const isComplete = await this.#receive(sets);
      const isEmpty = !Object.keys(sets).length;
      if (!isComplete || !(isEmpty || this.#verdicts.ack.length)) return this.#restLonger();
      this.#failures = 0;
      return isEmpty ? (this.options.every ?? EVERY) - (performance.now() - since) / 1000 : 0;
    } catch (error) {
      if (this.#stop.signal.aborted) return 0;
      if (!this.#isAway) this.#tell('error', `cannot be polled (${errorName(error)})`);
      this.#isAway = true;
      return this.#restLonger();
    }
  }

  async #ask(): Promise<Record<string, unknown>> {
    const { url, secret } = this.options;
    const { ack, setErrs } = this.#verdicts;
    const response = await this.parts.fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(LONGEST_POLL)]),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      },
      // What is to be told is told at once.
      body: JSON.stringify({
        ack,
        setErrs: Object.fromEntries(setErrs),
        maxEvents: MAX_EVENTS,
        returnImmediately: this.#failures > 0,
      }),
    });
    if (!response.ok) {
      void response.body?.cancel().catch(() => undefined);
      throw Object.assign(new Error('refused'), { name: `HTTP ${response.status}` });
    }
    const { sets } = Object(response.status === NOTHING ? { sets: {} } : await readStrictJson(response)) as {
      sets?: unknown;
    };
    if (typeof sets !== 'object' || sets === null || Array.isArray(sets)) throw new TypeError('no sets');
    this.#verdicts = noVerdicts();
    return sets as Record<string, unknown>;
  }

  /** @returns whether all of them are settled */
  async #receive(sets: Record<string, unknown>): Promise<boolean> {
    let [isComplete, isRecorded] = [true, true];
    let refusals = 0;
    for (const [jti, token] of Object.entries(sets).slice(0, MAX_EVENTS)) {
      if (this.#stop.signal.aborted) return false;
      const error = await this.#refusalOf(jti, token);
      if (!error) {
        this.#verdicts.ack.push(jti);
        continue;
      }
      if (isRecorded && ++refusals <= MAX_RECORDED) isRecorded = await this.#isRecorded(error);
      if (!isRecorded || isPassing(error)) isComplete = false;
      else this.#verdicts.setErrs.set(jti, eventError(error));
    }
    if (refusals > MAX_RECORDED)
      this.#tell(
        'error',
        `has given ${refusals} events at once that are refused; ${MAX_RECORDED} are on the audit log`,
      );
    return isComplete;
  }

  async #refusalOf(jti: string, token: unknown): Promise<EieError | undefined> {
    try {
      if (typeof token !== 'string') throw new EieError('signal_malformed', { finding: { claim: 'sets' } });
      await this.parts.receive(token, jti);
      return undefined;
    } catch (thrown) {
      return thrown instanceof EieError ? thrown : new EieError('signal_unavailable');
    }
  }

  #isRecorded(error: EieError): Promise<boolean> {
    return this.parts.refused(error).then(
      () => true,
      () => false,
    );
  }

  /** @returns seconds: the next of the growing pauses */
  #restLonger(): number {
    return Math.min(LAST_REST, FIRST_REST * 2 ** Math.min(this.#failures++, 10));
  }

  #tell(level: 'info' | 'error', what: string): void {
    this.parts.diagnostics.report({ level, message: `${this.issuer}, a transmitter of security events, ${what}.` });
  }
}
