import { jest } from '@jest/globals';
import { type RequestListener } from 'node:http';
import { type AuthZenOptions, AuthZenPolicyEngine, type PolicyQuestion } from 'nestjs-eie';
import { until } from '../support/until.js';
import { type DecisionPoint, type DecisionPointSetup, startDecisionPoint } from '../support/policy-decision-point.js';

const about = (name: string): PolicyQuestion => ({
  subject: { type: 'user', id: 'alice', properties: { issuer: 'https://as.test', roles: [] } },
  action: { name },
  resource: { type: 'server', id: 'https://mcp.test' },
  context: {
    agent: { id: 'desk', issuer: 'https://as.test', client_id: 'desk', source: 'client', registered: false, chain: [] },
    scopes: ['orders:read'],
    targets: [],
  },
});
const QUESTION = about('status');
const QUESTIONS = [about('status'), about('cancel')];
const within = (milliseconds = 5_000): AbortSignal => AbortSignal.timeout(milliseconds);

const answers =
  (body: string, { status = 200, ...headers }: Record<string, string | number> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status as number, { 'content-type': 'application/json', ...headers }).end(body);
  };
const YES = '{"decision":true}';
const BOTH = '{"evaluations":[{"decision":true},{"decision":true}]}';
/** True to whichever question, with more than a client should read. */
const huge: RequestListener = (_request, response) => {
  const pad = `"${'x'.repeat(300_000)}"`;
  response.end(`{"decision":true,"evaluations":[{"decision":true},{"decision":true}],"context":${pad}}`);
};

describe('a decision point of AuthZEN', () => {
  let point: DecisionPoint;
  let closing: DecisionPoint[];
  const start = async (setup: DecisionPointSetup = {}) => {
    const one = await startDecisionPoint(({ action }) => action.name === 'status', setup);
    closing.push(one);
    return one;
  };
  const client = (options: Partial<AuthZenOptions> = {}) => new AuthZenPolicyEngine({ url: point.url, ...options });

  beforeEach(async () => {
    closing = [];
    point = await start();
  });
  afterEach(() => Promise.all(closing.map(one => one.close())));

  it('that tells the truth is believed, about one question and about a list', async () => {
    expect(await client().allows(QUESTION, within())).toBe(true);
    expect(await client().allows(about('cancel'), within())).toBe(false);
    expect(await client().allowsEach(QUESTIONS, within())).toEqual([true, false]);
  });

  it.each<[what: string, answer: RequestListener]>([
    ['a decision that is a text', answers('{"decision":"true"}')],
    ['a decision that is a number', answers('{"decision":1}')],
    ['a decision that is a list', answers('{"decision":[true]}')],
    ['no decision', answers('{}')],
    ['null', answers('null')],
    ['true alone', answers('true')],
    ['a member of another spelling', answers('{"Decision":true}')],
    ['a decision in another object', answers('{"result":{"decision":true}}')],
    ['the answer to a list', answers(BOTH)],
  ])('that answers %s has not decided, which the operator is told and nothing remembers', async (_what, answer) => {
    point.answer = answer;
    await expect(client().allows(QUESTION, within())).rejects.toMatchObject({ code: 'no_decision' });
  });

  it.each<[what: string, code: string | undefined, answer: RequestListener]>([
    ['a decision twice', undefined, answers('{"decision":false,"decision":true}')],
    ['JSON that breaks off', undefined, answers('{"decision":true')],
    ['a page', 'not_json', answers(YES, { 'content-type': 'text/html' })],
    ['JSON of another kind', 'not_json', answers(YES, { 'content-type': 'application/jsonp' })],
    ['more than 256 KB', undefined, huge],
    ['201', 'http_201', answers(YES, { status: 201 })],
    ['a redirect', 'http_302', answers(YES, { status: 302, location: '/elsewhere' })],
    ['a redirect that keeps the method', 'http_307', answers(YES, { status: 307, location: '/elsewhere' })],
    ['400', 'http_400', answers(YES, { status: 400 })],
    ['401', 'http_401', answers(YES, { status: 401 })],
    ['403', 'http_403', answers(YES, { status: 403 })],
    ['500', 'http_500', answers(YES, { status: 500 })],
    ['503 and a page', 'http_503', answers('<p>away</p>', { status: 503, 'content-type': 'text/html' })],
    ['to another request', 'answer_to_another_request', answers(YES, { 'x-request-id': 'another' })],
    ['with a closed connection', undefined, (_request, response) => void response.destroy()],
  ])('that answers %s has not decided, about one question or a list', async (_what, code, answer) => {
    point.answer = answer;
    const failure = code === undefined ? {} : { code };
    await expect(client().allows(QUESTION, within())).rejects.toMatchObject(failure);
    await expect(client().allowsEach(QUESTIONS, within())).rejects.toMatchObject(failure);
    expect(point.requests.map(({ url }) => url)).toEqual(['/access/v1/evaluation', '/access/v1/evaluations']);
  });

  it.each<[what: string, body: string]>([
    ['of one decision for two questions', '{"evaluations":[{"decision":true}]}'],
    ['of three decisions for two questions', `{"evaluations":[${YES},${YES},${YES}]}`],
    ['that is an object', `{"evaluations":{"0":${YES},"1":${YES},"length":2}}`],
    ['that is not there', YES],
  ])('that answers with a list %s has decided none of it', async (_what, body) => {
    point.answer = answers(body);
    await expect(client().allowsEach(QUESTIONS, within())).rejects.toMatchObject({ code: 'answers_missing' });
  });

  it('allows those of a list whose own decision is true', async () => {
    point.answer = answers(`{"decision":true,"evaluations":[{"decision":"true"},${YES}]}`);
    expect(await client().allowsEach(QUESTIONS, within())).toEqual([false, true]);
  });

  it.each<[what: string, answer: RequestListener]>([
    ['never answers', () => undefined],
    ['never ends its answer', (_request, response) => void response.write('{"decision":')],
  ])('that %s is left at the deadline, and its connection closed', async (_what, answer) => {
    let closed = 0;
    point.answer = (request, response) => {
      response.once('close', () => (closed += 1));
      answer(request, response);
    };
    await expect(client().allows(QUESTION, within(100))).rejects.toMatchObject({ name: 'TimeoutError' });
    await until(() => closed === 1);
  });

  it('gets a question of at most 256 KB', async () => {
    const context = { ...QUESTION.context, arguments: { text: 'x'.repeat(300_000) } };
    await expect(client().allows({ ...QUESTION, context }, within())).rejects.toMatchObject({
      code: 'question_too_large',
    });
    expect(point.requests).toEqual([]);
  });

  it('is shown the credential of the moment, and no error quotes it', async () => {
    const guarded = await start({ authorization: 'Bearer second' });
    const bearers = ['Bearer first', 'Bearer second'];
    const engine = client({ url: guarded.url, headers: async () => ({ Authorization: bearers.shift()! }) });
    const failure: unknown = await engine.allows(QUESTION, within()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'http_401' });
    expect(String((failure as Error).stack)).not.toContain('first');
    expect(await engine.allows(QUESTION, within())).toBe(true);
  });

  it('is not asked where its credential cannot be had', async () => {
    const engine = client({ headers: () => Promise.reject(new RangeError('no key')) });
    await expect(engine.allows(QUESTION, within())).rejects.toThrow(RangeError);
    expect(point.requests).toEqual([]);
  });

  it('that takes one question at a time is asked about each of a list', async () => {
    const { url } = point;
    point.answer = (request, response) =>
      request.url!.endsWith('/evaluations') ? void response.writeHead(404).end() : answers(YES)(request, response);
    expect(await client({ url }).allowsEach(QUESTIONS, within())).toEqual([true, true]);
    expect(point.requests.map(({ url }) => url)).toEqual([
      '/access/v1/evaluations',
      '/access/v1/evaluation',
      '/access/v1/evaluation',
    ]);
  });

  it('gets what the questions of a list share once', async () => {
    let body = '';
    point.answer = (request, response) => {
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => void response.end(BOTH));
    };
    const other = { ...about('refund'), context: { ...QUESTION.context, scopes: [] } };
    await client().allowsEach([QUESTION, other], within());
    const { subject, resource, context } = QUESTION;
    expect(JSON.parse(body)).toEqual({
      subject,
      resource,
      context,
      evaluations: [{ action: { name: 'status' } }, { action: { name: 'refund' }, context: other.context }],
    });
  });

  describe('whose metadata says where it answers', () => {
    const published = (changes: (url: string) => object = () => ({}), at = '/decide') => ({
      path: at,
      metadata: (url: string) => ({
        policy_decision_point: url,
        access_evaluation_endpoint: `${url}${at}/evaluation`,
        access_evaluations_endpoint: `${url}${at}/evaluations`,
        ...changes(url),
      }),
    });

    it('is asked there, and its metadata is read once', async () => {
      const one = await start(published());
      const engine = client({ url: one.url, discover: true });
      await Promise.all([1, 2, 3].map(() => engine.allows(QUESTION, within())));
      expect(await engine.allowsEach(QUESTIONS, within())).toEqual([true, false]);
      expect(one.requests.map(({ url }) => url)).toEqual([
        '/.well-known/authzen-configuration',
        ...['/decide/evaluation', '/decide/evaluation', '/decide/evaluation', '/decide/evaluations'],
      ]);
    });

    it('has its metadata before its path (section 9.2.1)', async () => {
      const one = await start(published(url => ({ policy_decision_point: `${url}/acme` })));
      const engine = client({ url: `${one.url}/acme/`, discover: true });
      expect(await engine.allows(QUESTION, within())).toBe(true);
      expect(one.requests[0]!.url).toBe('/.well-known/authzen-configuration/acme');
    });

    it('and which takes one question at a time is asked about each of a list', async () => {
      const one = await start(published(() => ({ access_evaluations_endpoint: undefined })));
      const engine = client({ url: one.url, discover: true });
      expect(await engine.allowsEach(QUESTIONS, within())).toEqual([true, false]);
      expect(one.requests.filter(({ url }) => url.endsWith('/evaluations'))).toEqual([]);
    });

    it.each<[what: string, changes: (url: string) => object]>([
      ['of another decision point', () => ({ policy_decision_point: 'https://pdp.example.com' })],
      ['of none', () => ({ policy_decision_point: undefined })],
      [
        'with an endpoint elsewhere',
        () => ({ access_evaluation_endpoint: 'https://elsewhere.example.com/evaluation' }),
      ],
      ['with an endpoint at another port', () => ({ access_evaluation_endpoint: 'http://127.0.0.1:9/evaluation' })],
      ['with no endpoint', () => ({ access_evaluation_endpoint: undefined })],
    ])('is not asked where it is %s, and the credential goes nowhere', async (_what, changes) => {
      const one = await start(published(changes));
      const headers = jest.fn(() => ({ authorization: 'Bearer secret' }));
      const engine = client({ url: one.url, discover: true, headers });
      await expect(engine.allows(QUESTION, within())).rejects.toThrow(TypeError);
      expect(headers).not.toHaveBeenCalled();
    });

    it('is asked again when its metadata could not be had', async () => {
      const one = await start(published());
      const engine = client({ url: one.url, discover: true });
      one.answer = answers('', { status: 503 });
      await expect(engine.allows(QUESTION, within())).rejects.toMatchObject({ name: 'DocumentFailure' });
      one.answer = undefined;
      expect(await engine.allows(QUESTION, within())).toBe(true);
    });
  });

  it.each<[what: string, options: Partial<AuthZenOptions>]>([
    ['over http beyond this machine', { url: 'http://pdp.example.com' }],
    ['with credentials in its URL', { url: 'https://user:password@pdp.example.com' }],
    ['with a query', { url: 'https://pdp.example.com?tenant=acme' }],
    ['without a URL', { url: undefined as never }],
    ['with no time to answer', { deadline: 0 }],
    ['with more than ten seconds to answer', { deadline: 10_001 }],
  ])('is not configured %s', (_what, options) => {
    expect(() => client(options)).toThrow(/^AuthZenPolicyEngine: (url|deadline) must be /);
  });
});
