import { EieConfigurationError, EieError, type ShareHolder } from 'execution-identity';
import { compositeKey, errorName, secondsOf, STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';
import { ClientOptions } from '../options/client.options.js';
import { type ClientQuestion, type ClientSource } from '../options/client-source.js';
import { type PortsOptions } from '../options/process.options.js';
import { readOptions } from '../options/read-options.js';
import { OAuthClient } from './oauth-client.js';
import { oneLine, SourceAnswers } from './source-answers.js';

/** What the client source of one server says. Answers are cached for a minute; the cache is bounded. A failure is not cached. */
export class ClientDirectory {
  readonly #source: ClientSource | undefined;
  readonly #answers: SourceAnswers<OAuthClient>;

  constructor({ clients, clock = Date.now }: PortsOptions) {
    this.#source = clients;
    this.#answers = new SourceAnswers(secondsOf(clock));
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
    return this.#answers.find(key, () => this.#answer(source, question), from);
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
