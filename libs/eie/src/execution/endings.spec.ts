import { type AdmittedIdentity } from 'execution-identity';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import { ExecutionRecord, RequestRecord } from '../record/execution-record.js';
import { shareToken } from '../vault/share-token.js';
import { keepToken } from '../vault/keep-token.js';
import { openToken } from '../vault/open-token.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { endExecution, endRequest } from './endings.js';

const identity = admittedIdentity({
  actor: { type: 'user', issuer: 'https://login.test', sub: 'alice' },
  agent: { type: 'mcp_agent', issuer: 'https://login.test', id: 'bot', client_id: 'desk', source: 'client', chain: [] },
  authorization: { scopes: [], confidence: 'verified' },
  issuedAt: 0,
  expiresAt: 2_000_000_000,
});
const anEnvelope = () =>
  issue(identity, { issuer: 'https://mcp.test', traceId: 'a'.repeat(32), targets: [], lifetime: 300, now: 1 });
const ISSUER = 'https://as.test';
const holds = (owner: object) => openToken(owner, ISSUER) !== undefined;

/** A request whose token is kept, and two executions with a share of it: one that runs, one that no guard behind ours let in yet. */
function admitted() {
  const request = new RequestRecord(Object.freeze({}) as AdmittedIdentity);
  keepToken(request.admitted, 'the-inbound-token', { issuer: ISSUER, expiresAt: 2_000_000_000 });
  const execution = () => {
    const handler = { entry: {} as HandlerEntry, handlerName: 'tool', traceId: '' };
    const record = new ExecutionRecord(handler, request);
    const envelope = anEnvelope();
    shareToken(request.admitted, envelope);
    record.identify(envelope, undefined);
    return { record, envelope };
  };
  const [running, waiting] = [execution(), execution()];
  running.record.start();
  return { request, running, waiting };
}

describe('when a response has closed', () => {
  it('the token of its request is gone, and the executions that nobody waits for any more are named', () => {
    const { request, running, waiting } = admitted();
    expect(endRequest(request)).toEqual([running.record, waiting.record]);
    expect(holds(request.admitted)).toBe(false);
  });

  it('a handler that still runs keeps its share of the token, until it ends', () => {
    const { request, running } = admitted();
    endRequest(request);
    expect([holds(running.envelope), running.record.hasEnded]).toEqual([true, false]);
    endExecution(running.record);
    expect([holds(running.envelope), running.record.hasEnded]).toEqual([false, true]);
  });
});

describe('when an execution has ended', () => {
  it('its share of the token is gone, and that of no other one', () => {
    const { request, running, waiting } = admitted();
    endExecution(running.record);
    expect([holds(running.envelope), holds(waiting.envelope), holds(request.admitted)]).toEqual([false, true, true]);
  });
});
