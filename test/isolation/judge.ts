import { type Call, isAnswered, mayCall } from './call.js';
import { type Answer } from './client.js';
import { type Arrival, type Party, type SeenRecord } from './seen.js';
import { type Credential, type User } from './users.js';

/** Something of one caller where another one, or nobody, should be. */
export interface Crossing {
  readonly where: 'answer' | 'api' | 'audit log';
  /** The number of the call, where it is known. */
  readonly call: number | undefined;
  readonly what: string;
}

const MARKS = /\b(?:own|sub|sid)-[0-9a-f]{12}\b/g;
const IDS = /\b[A-Z]-\d{1,8}\b/g;
const CALLERS = /"caller":(\{[^{}]*\})/g;

/**
 * Knows who has called, and what belongs to whom, and looks at what comes out: answers, requests at APIs, records. It knows nothing about
 * how the application works.
 */
export class Judge {
  readonly crossings: Crossing[] = [];
  /** What is wrong, and is no crossing: a call that had to be answered and was not. */
  readonly unexpected: string[] = [];
  readonly #byTrace = new Map<string, Call[]>();
  readonly #answered = new Set<Call>();
  readonly #recorded = new Set<Call>();
  readonly #agents: ReadonlySet<string>;

  /** @param scopes of a tool that lists show only to those who have it */
  constructor(
    users: readonly User[],
    private readonly scopes: ReadonlyMap<string, string>,
  ) {
    this.#agents = new Set(users.flatMap(({ credentials }) => credentials.map(({ agent }) => agent)));
  }

  /** Before it is sent. */
  expect(call: Call): void {
    const others = this.#byTrace.get(call.trace);
    if (others) others.push(call);
    else this.#byTrace.set(call.trace, [call]);
  }

  answer(call: Call, { status, headers, body }: Answer): void {
    const text = body.replaceAll('\\"', '"').replaceAll('\\n', '\n');
    const found = (what: string) => this.crossings.push({ where: 'answer', call: call.number, what });
    for (const mark of marksIn(text + JSON.stringify(headers)))
      if (!belongs(mark, call)) found(`${call.kind.name} shows ${mark} to ${nameOf(call.credential)}`);
    for (const [id] of text.matchAll(IDS)) if (id !== call.id) found(`${call.kind.name} of ${call.id} shows ${id}`);
    for (const [, json] of text.matchAll(CALLERS)) this.#compareCaller(call, json!);
    this.#compareList(call, text);
    const isGood = status === 200 && !/"(?:isError":true|error":\{)/.test(text);
    if (isGood && !mayCall(call.kind, call.credential))
      found(`${call.kind.name} answers ${nameOf(call.credential)}, who lacks ${call.kind.scope}`);
    if (isGood !== isAnswered(call))
      this.unexpected.push(`call ${call.number} (${call.kind.name}, ${call.id}): ${status} ${body.slice(0, 300)}`);
    else if (isGood && call.kind.isOwn && !text.includes(call.credential.user.own))
      this.unexpected.push(`call ${call.number} (${call.kind.name}) lacks what its caller owns`);
    if (isGood) this.#answered.add(call);
    const ids = [...text.matchAll(/"jsonrpc":"2\.0","id":("?[\w-]+"?)|"id":("?[\w-]+"?),"jsonrpc"/g)];
    for (const [, one, other] of ids)
      if ((one ?? other) !== String(call.messageId)) found(`the answer to message ${call.messageId} is of another one`);
  }

  arrival({ api, url, trace, parties }: Arrival): void {
    const [id] = url.match(IDS) ?? [];
    const calls = this.#callsOf(trace).filter(call => id === undefined || call.id === id);
    const seen = parties.map(party => `${party.from} of ${nameOf(party)}`).join(', ');
    const users = parties.filter(party => marksIn(party.sub).length);
    const fitting = calls.filter(
      call => users.every(party => this.#isOf(call.credential, party)) && marksIn(url).every(one => belongs(one, call)),
    );
    if (fitting.length && users.length) return;
    const expected = calls.map(({ credential }) => nameOf(credential)).join(' or ');
    this.crossings.push({
      where: 'api',
      call: calls[0]?.number,
      what: `${api} is called for ${id ?? url}: ${seen || 'nobody'}; the call is of ${expected || 'nobody'}`,
    });
  }

  record(record: SeenRecord): void {
    // A process has started: it is no call.
    if (record.type === 'service.started') return;
    const calls = this.#callsOf(record.trace_id);
    const fitting = calls.filter(({ credential }) => isOfRecord(credential, record, this.#agents));
    for (const call of fitting) this.#recorded.add(call);
    if (fitting.length) return;
    const expected = calls.map(({ credential }) => nameOf(credential)).join(' or ');
    this.crossings.push({
      where: 'audit log',
      call: calls[0]?.number,
      what: `${record.type} of ${record.handler} names ${nameOfRecord(record)}; the call is of ${expected || 'nobody'}`,
    });
  }

  /**
   * An act is on the audit log before it is answered. So a call that was answered before the log was read last, and that is not on it, was
   * recorded in another name, or not at all.
   *
   * @param answered what {@link answered} gave before the log was read
   */
  compareRecords(answered: readonly Call[]): void {
    for (const call of answered) {
      this.#answered.delete(call);
      if (!this.#recorded.has(call))
        this.crossings.push({
          where: 'audit log',
          call: call.number,
          what: `nothing is recorded of ${call.kind.name} by ${nameOf(call.credential)}`,
        });
    }
  }

  /** Calls that were answered and are not compared with the audit log yet. */
  get answered(): readonly Call[] {
    return [...this.#answered];
  }

  #callsOf(trace: string | null | undefined): readonly Call[] {
    return this.#byTrace.get(trace ?? '') ?? [];
  }

  #isOf({ user, agent, session }: Credential, party: Party): boolean {
    return (
      party.sub === user.sub &&
      party.tenant === user.tenant &&
      party.session === session &&
      party.agents.filter(one => this.#agents.has(one)).every(one => one === agent)
    );
  }

  #compareCaller({ number, kind, credential, trace }: Call, json: string): void {
    const { user, agent, client, session } = credential;
    const expected = { sub: user.sub, tenant: user.tenant, agent, client, session, trace };
    const shown = JSON.parse(json) as Record<string, unknown>;
    const wrong = Object.entries(expected).filter(([name, value]) => shown[name] !== value);
    if (!wrong.length) return;
    const what = `${kind.name} takes ${nameOf(credential)} for another caller: ${wrong.map(([name]) => name).join(', ')}`;
    this.crossings.push({ where: 'answer', call: number, what });
  }

  #compareList({ number, kind, credential }: Call, text: string): void {
    if (!text.includes('"tools":[')) return;
    const listed = new Set([...text.matchAll(/"name":"(\w+)"/g)].map(([, tool]) => tool));
    for (const [tool, scope] of this.scopes) {
      const may = credential.scopes.includes(scope);
      if (listed.has(tool) === may) continue;
      const what = `${kind.name} ${may ? 'hides' : 'shows'} ${tool}, for which ${nameOf(credential)} ${may ? 'has' : 'lacks'} ${scope}`;
      this.crossings.push({ where: 'answer', call: number, what });
    }
  }
}

const marksIn = (text: string): string[] => text.match(MARKS) ?? [];

function belongs(mark: string, { credential: { user, session } }: Call): boolean {
  return mark === user.own || mark === user.sub || mark === session;
}

/** The delivery server of the shop takes the MCP server for its agent and client: both know the same user. */
function isOfRecord(
  { user, agent, client, session }: Credential,
  record: SeenRecord,
  agents: ReadonlySet<string>,
): boolean {
  return (
    record.actor_sub === user.sub &&
    record.tenant === user.tenant &&
    record.session_id === session &&
    (record.agent_id === agent ? record.client_id !== null : !agents.has(record.agent_id ?? '')) &&
    (record.agent_id !== agent || record.client_id === client)
  );
}

const nameOf = (who: Credential | Party): string =>
  'user' in who
    ? `${who.user.sub} of ${who.user.tenant} with ${who.agent} in ${who.session}`
    : `${who.sub} of ${who.tenant} with ${who.agents.join(' for ')} in ${who.session}`;

const nameOfRecord = ({ actor_sub, tenant, agent_id, session_id }: SeenRecord): string =>
  `${actor_sub} of ${tenant} with ${agent_id} in ${session_id}`;
