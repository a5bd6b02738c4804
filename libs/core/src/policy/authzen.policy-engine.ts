import { randomUUID } from 'node:crypto';
import { EieConfigurationError } from '../errors.js';
import { type Fetch } from '../ports/fetch.js';
import { readStrictJson } from '../token/fetch-json.js';
import { type AuthZenEndpoints, defaultEndpoints, publishedEndpoints } from './authzen-endpoints.js';
import { type PolicyEngine } from './policy-engine.js';
import { type PolicyQuestion } from './policy-question.js';

export interface AuthZenOptions {
  /** The policy decision point: an https URL, or http on loopback, such as `https://pdp.example.com`. */
  readonly url: string;
  /** Whether its metadata says where it answers, and not the paths of the standard. It is read once, at the first question. Default false. */
  readonly discover?: boolean;
  /** Headers of each request, such as `{ authorization: 'Bearer …' }`. They are asked for each time, and never logged. Default: none. */
  readonly headers?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Milliseconds in which it must answer, from 1 to 10,000. Default 1,000. */
  readonly deadline?: number;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

const [DEADLINE, MAX_DEADLINE] = [1_000, 10_000];
const MAX_BYTES = 256 * 1024;
/** What a policy decision point answers that takes one question at a time: Not Found, Method Not Allowed, Not Implemented. */
const NO_BATCHES = [404, 405, 501];

/** Why there is no decision. Its code is what the operator reads; nothing of the answer is in it. */
class NoDecision extends Error {
  override readonly name = 'NoDecision';

  constructor(readonly code: string) {
    super('The policy decision point has not decided.');
  }
}

/**
 * Asks a remote policy decision point by AuthZEN (OpenID Authorization API 1.0), over HTTPS. A list of handlers is one request to
 * `/access/v1/evaluations`; a decision point that has none is asked for each of them.
 *
 * Only status 200 with strict JSON of at most 256 KB whose `decision` is `true` allows. It does NOT follow redirects, does NOT retry, and
 * remembers nothing: see {@link CachedPolicyEngine}. It ignores `context` of an answer, so advice and obligations have no effect.
 *
 * @throws EieConfigurationError at its construction, for a wrong option
 * @example new AuthZenPolicyEngine({ url: 'https://pdp.example.com', headers: () => ({ authorization: `Bearer ${key()}` }) })
 */
export class AuthZenPolicyEngine implements PolicyEngine {
  readonly deadline: number;
  readonly #options: AuthZenOptions;
  readonly #defaults: AuthZenEndpoints;
  readonly #fetch: Fetch;
  #published: Promise<AuthZenEndpoints> | undefined;

  constructor(options: AuthZenOptions) {
    this.#options = options;
    this.#defaults = defaultEndpoints(options.url);
    this.#fetch = options.fetch ?? fetch;
    this.deadline = options.deadline ?? DEADLINE;
    if (!Number.isInteger(this.deadline) || this.deadline < 1 || this.deadline > MAX_DEADLINE)
      throw new EieConfigurationError('AuthZenPolicyEngine: deadline must be milliseconds, from 1 to 10,000.');
  }

  async allows(question: PolicyQuestion, signal: AbortSignal): Promise<boolean> {
    const { evaluation } = await this.#endpoints();
    const decision = decisionIn(await this.#answerOf(evaluation, question, signal));
    if (typeof decision !== 'boolean') throw new NoDecision('no_decision');
    return decision;
  }

  async allowsEach(questions: readonly PolicyQuestion[], signal: AbortSignal): Promise<readonly boolean[]> {
    const { evaluations } = await this.#endpoints();
    const oneByOne = () => Promise.all(questions.map(question => this.allows(question, signal)));
    if (evaluations === undefined || questions.length === 0) return oneByOne();
    try {
      const answer = await this.#answerOf(evaluations, batch(questions), signal);
      const { evaluations: decisions } = Object(answer) as { evaluations?: unknown };
      // A list of another length is no answer to these questions: the decisions of it would be of others.
      if (!Array.isArray(decisions) || decisions.length !== questions.length) throw new NoDecision('answers_missing');
      return decisions.map(one => decisionIn(one) === true);
    } catch (error) {
      if (error instanceof NoDecision && NO_BATCHES.some(status => error.code === `http_${status}`)) return oneByOne();
      throw error;
    }
  }

  #endpoints(): AuthZenEndpoints | Promise<AuthZenEndpoints> {
    if (!this.#options.discover) return this.#defaults;
    this.#published ??= publishedEndpoints(this.#options.url, this.#fetch).catch((error: unknown) => {
      this.#published = undefined;
      throw error;
    });
    return this.#published;
  }

  async #answerOf(url: string, question: object, signal: AbortSignal): Promise<unknown> {
    const body = JSON.stringify(question);
    if (Buffer.byteLength(body) > MAX_BYTES) throw new NoDecision('question_too_large');
    const headers = new Headers(await this.#options.headers?.());
    const requestId = randomUUID();
    headers.set('content-type', 'application/json');
    headers.set('accept', 'application/json');
    headers.set('x-request-id', requestId);
    const response = await this.#fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const problem = problemOf(response, requestId);
    if (problem === undefined) return readStrictJson(response);
    // Nobody reads it.
    void response.body?.cancel().catch(() => undefined);
    throw new NoDecision(problem);
  }
}

/** Why an answer is none, as far as its head tells. */
function problemOf({ status, headers }: Response, requestId: string): string | undefined {
  if (status !== 200) return `http_${status}`;
  if (!/^application\/json\b/i.test(headers.get('content-type') ?? '')) return 'not_json';
  if ((headers.get('x-request-id') ?? requestId) !== requestId) return 'answer_to_another_request';
  return undefined;
}

const decisionIn = (answer: unknown): unknown => (Object(answer) as { decision?: unknown }).decision;

const MEMBERS = ['subject', 'resource', 'context'] as const;

/** What the questions share stands once, as their defaults (section 7.1.1). */
function batch(questions: readonly PolicyQuestion[]): object {
  const { subject, resource, context } = questions[0]!;
  const shared = { subject, resource, context };
  const texts = MEMBERS.map(member => JSON.stringify(shared[member]));
  const evaluations = questions.map(question => {
    const own = MEMBERS.filter((member, i) => JSON.stringify(question[member]) !== texts[i]);
    return { action: question.action, ...Object.fromEntries(own.map(member => [member, question[member]])) };
  });
  return { ...shared, evaluations };
}
