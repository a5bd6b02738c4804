import { LRUCache } from 'lru-cache';
import { EieConfigurationError, EieError, type ShareHolder, Shares } from 'execution-identity';
import {
  compositeKey,
  errorName,
  isFresh,
  secondsOf,
  STORE_DEADLINE,
  withinDeadline,
} from 'execution-identity/internal';
import { ClientOptions } from '../options/client.options.js';
import { type ClientQuestion, type ClientSource } from '../options/client-source.js';
import { type PortsOptions } from '../options/process.options.js';
import { readOptions } from '../options/read-options.js';
import { OAuthClient } from './oauth-client.js';

interface Answer {
  readonly client: OAuthClient | undefined;
  readonly at: number;
}

const CAPACITY = 1_000;
/** Seconds. */
const ASK_AGAIN = 60;
/** Clients that the source is asked for at one time for the first time. */
const PENDING = 256;

/** What the client source of one server says. Answers are cached for a minute; the cache is bounded. A failure is not cached. */
export class ClientDirectory {
  readonly #source: ClientSource | undefined;
  readonly #now: () => number;
  readonly #answers = new LRUCache<string, Answer>({ max: CAPACITY });
  /** The look-ups that are being waited for. */
  readonly #pending = new Map<string, Promise<OAuthClient | undefined>>();
  readonly #shares = new Shares(PENDING);

  constructor({ clients, clock = Date.now }: PortsOptions) {
    this.#source = clients;
    this.#now = secondsOf(clock);
  }

  /**
   * @param from who asks: nobody may use up what the source can be asked at one time
   * @throws EieError `delegation_unavailable` when the source fails or is late; `delegation_misconfigured` for an answer that is no client;
   * `limit_reached`
   */
  async find(question: Omit<ClientQuestion, 'signal'>, from: ShareHolder): Promise<OAuthClient | undefined> {
    const source = this.#source;
    if (!source) return undefined;
    const key = compositeKey(question.issuer, question.tenant, question.target);
    const last = this.#answers.get(key);
    if (last && isFresh(last.at, ASK_AGAIN, this.#now())) return last.client;
    const asked = this.#pending.get(key);
    if (asked) return asked;
    const release = last ? () => undefined : this.#shares.lease(from);
    if (!release) throw new EieError('limit_reached');
    const lookUp = this.#answer(source, question)
      .then(client => {
        this.#answers.set(key, { client, at: this.#now() });
        return client;
      })
      .finally(() => {
        release();
        this.#pending.delete(key);
      });
    this.#pending.set(key, lookUp);
    return lookUp;
  }

  async #answer(source: ClientSource, question: Omit<ClientQuestion, 'signal'>): Promise<OAuthClient | undefined> {
    try {
      const found = await withinDeadline(STORE_DEADLINE, signal => source.find({ ...question, signal }));
      return found && new OAuthClient(readOptions(ClientOptions, found, 'ClientSource'), 'ClientSource');
    } catch (error) {
      // Its own message may hold the secret.
      const about = { issuer: question.issuer, claim: 'ports.clients' };
      throw error instanceof EieConfigurationError
        ? new EieError('delegation_misconfigured', { finding: { ...about, fix: oneLine(error.message) } })
        : new EieError('delegation_unavailable', {
            finding: {
              ...about,
              status: errorName(error),
              fix: `See whether the client source answers within ${STORE_DEADLINE} ms and does not throw.`,
            },
          });
    }
  }
}

const oneLine = (message: string): string => message.replaceAll(/\s*\n\s*(?:- )?/g, ' ');
