import { skip, unmet } from './outcome.mjs';
import { send } from './wire/http.mjs';
import { ERAS, initialize, legacy, MODERN, modern, outcomeOf, responseTo } from './wire/messages.mjs';

export const bearer = token => [['authorization', `Bearer ${token}`]];

const MOST_NAMED = 3;

/** Each of these answers has the status it should have: else the first that have not are named. */
export function expectStatuses(answers, isRight, { expected, level } = {}) {
  const wrong = Object.entries(answers)
    .filter(([what, status]) => !isRight(status, what))
    .map(([what, status]) => `${what}: ${status}`);
  const more = wrong.length > MOST_NAMED ? `, and ${wrong.length - MOST_NAMED} more` : '';
  if (wrong.length)
    unmet(`expected ${expected}, but ${wrong.slice(0, MOST_NAMED).join('; ')}${more}`, { level, details: { answers } });
  return { answers };
}

/** Above this, what a request says of its credential is no accident. */
const SHORTEST_ECHO = 12;

/** The server under test, as its config describes it, and what was seen of it so far. */
export class Subject {
  /** Answers that held the credential of their request. */
  echoes = 0;
  requests = 0;
  #served;

  constructor(config, canary) {
    Object.assign(this, { ...config, canary });
  }

  /** A tool of the config, or a skipped check. */
  tool(kind) {
    const filled = JSON.stringify(this.tools[kind] ?? skip(`the config names no tool "${kind}"`));
    return JSON.parse(filled.replaceAll('{canary}', this.canary?.url ?? '{canary}'));
  }

  /** The eras in which a valid token is served: in the others a refusal would show nothing. */
  async eras() {
    if (!this.tokens.hasValid) return this.protocolVersions ?? ERAS;
    const served = (await this.control()).filter(({ isServed }) => isServed).map(({ era }) => era);
    return served.length ? served : skip('a valid token is not served, so that a refusal shows nothing');
  }

  /** An era for a question that a valid token has no part in. */
  async anyEra() {
    const [era] = await this.eras().catch(() => this.protocolVersions ?? ERAS);
    return era;
  }

  /** What a valid token is answered in each era. */
  async control() {
    this.#served ??= this.#askEachEra(bearer(await this.tokens.of('valid')));
    return this.#served;
  }

  async #askEachEra(credential) {
    const asked = [];
    for (const era of this.protocolVersions ?? ERAS) {
      const { answer, outcome } = await this.probe(era, credential);
      asked.push({ era, status: answer.status, outcome, isServed: outcome === 'ran' });
    }
    return asked;
  }

  /** The first thing a client of that era sends: a tool is called, or a connection initialized. `tool` is called in both. */
  probe(era, credential, { tool, ...transport } = {}) {
    if (tool) return this.call(era, tool, credential, transport);
    if (era !== MODERN) return this.exchange(initialize(), credential, transport);
    return this.tools.open
      ? this.call(era, this.tools.open, credential, transport)
      : this.exchange(modern('tools/list'), credential, transport);
  }

  /** Calls a tool, in a session where the server wants one. */
  async call(era, { name, arguments: args = {} }, credential, { options, ...transport } = {}) {
    const params = { name, arguments: args, ...options?.params };
    if (era === MODERN) return this.exchange(modern('tools/call', params, options), credential, transport);
    const opened = await this.open(credential, transport);
    if (opened.answer.status >= 300) return opened;
    return this.exchange(
      legacy('tools/call', { ...params, _meta: options?.meta }, opened.sessionId),
      credential,
      transport,
    );
  }

  /** Initializes a connection of the 2025 era. */
  async open(credential, transport = {}) {
    const opened = await this.exchange(initialize(), credential, transport);
    const sessionId = opened.answer.headers['mcp-session-id'];
    if (opened.outcome === 'ran')
      await this.exchange(legacy('notifications/initialized', {}, sessionId), credential, transport);
    return { ...opened, sessionId };
  }

  /** Sends a message and says what came of it. */
  async exchange({ id, headers, body }, credential = [], { extra = [], url = this.url, ...transport } = {}) {
    // A connection that is kept must be read to the end.
    const isDone = answer =>
      !transport.agent &&
      id !== undefined &&
      answer.headers['content-type']?.startsWith('text/event-stream') &&
      responseTo(answer, id) !== undefined;
    const answer = await this.fetch(url, {
      headers: [...headers, ...credential, ...extra],
      body: JSON.stringify(body),
      isDone,
      ...transport,
    });
    return { answer, outcome: outcomeOf(answer, id), response: responseTo(answer, id) };
  }

  async fetch(url, options) {
    this.requests += 1;
    const answer = await send(url, options);
    const words = (options.headers ?? [])
      .filter(([name]) => name === 'authorization')
      .flatMap(([, value]) => value.split(' '));
    const said = answer.text + JSON.stringify(answer.headers);
    if (words.some(word => word.length >= SHORTEST_ECHO && said.includes(word))) this.echoes += 1;
    return answer;
  }

  /** A metadata URL as it can be reached from here: a server is often tested under another name than its own. */
  reachable(address) {
    const [asked, own, here] = [new URL(address, this.url), new URL(this.resource), new URL(this.url)];
    return asked.origin === own.origin ? here.origin + asked.pathname + asked.search : asked.href;
  }

  /**
   * Each credential is refused in each era, by one of these statuses.
   *
   * @param credentials by what they are: a token, or header lines
   */
  async refuses(credentials, { statuses = [401], level, ...request } = {}) {
    const eras = await this.eras();
    const answers = {};
    for (const [what, credential] of Object.entries(credentials)) {
      for (const era of eras) {
        const { answer } = await this.probe(
          era,
          typeof credential === 'string' ? bearer(credential) : credential,
          request,
        );
        answers[`${what} (${era})`] = answer.status;
      }
    }
    return expectStatuses(answers, status => statuses.includes(status), { expected: statuses.join(' or '), level });
  }
}
