import { type JWTPayload } from 'jose';
import {
  type ClientOptions,
  type ClientQuestion,
  ClientSource,
  type DelegatedFetch,
  IdentityRevocation,
  inboundIssuer,
  type IssuerOptions,
  IssuerSource,
  type TargetOptions,
} from 'nestjs-eie';
import { defineProvider } from 'nestjs-eie/presets';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type SoundAnswers, soundAnswers } from '../../support/sound-answers.js';
import { MCP, ORDERS, SERVER_CLIENT, type World } from '../../support/world.js';

/** The application brings its issuers. */
const NOWHERE = { issuerOptions: () => undefined } as unknown as World;
const ONE_MINUTE = 60_000;

class Table extends IssuerSource {
  readonly advertised = [];
  readonly rows = new Map<string, IssuerOptions>();

  find(issuer: string) {
    return Promise.resolve(this.rows.get(issuer));
  }
}

class Registrations extends ClientSource {
  readonly questions: Omit<ClientQuestion, 'signal'>[] = [];
  answer: (question: ClientQuestion) => Promise<unknown> = () => Promise.resolve(undefined);

  find(question: ClientQuestion) {
    const { signal, ...rest } = question;
    if (signal instanceof AbortSignal) this.questions.push(rest);
    return this.answer(question) as Promise<ClientOptions | undefined>;
  }
}

/** An authorization server as one tenant has it: this server is another client at each. */
interface Place {
  name: string;
  issuer: LyingIssuer;
  url: string;
  answers: SoundAnswers;
  /** The client and the secret of each request. */
  clients: string[];
}

async function place(name: string): Promise<Place> {
  const issuer = await startLyingIssuer();
  return { name, issuer, url: issuer.issuerOptions.issuer, answers: soundAnswers(issuer), clients: [] };
}

const idAt = ({ name }: Place): string => (name === 'home' ? SERVER_CLIENT : `mcp-at-${name}`);
const registrationAt = (one: Place): ClientOptions => ({
  clientId: idAt(one),
  auth: { method: 'client_secret_basic', secret: `secret-at-${one.name}` },
});
const unregistered = ({ client: _client, ...options }: IssuerOptions): IssuerOptions => options;
const acme = (options: IssuerOptions): IssuerOptions => defineProvider({ name: 'acme', issuer: () => options })({});

describe('a target of the issuer of the inbound token', () => {
  let places: Record<'home' | 'first' | 'second', Place>;
  let api: Loopback;
  let table: Table;
  let registrations: Registrations;
  let app: DelegatingApp;
  let now: number;
  let fetched: string[];

  beforeAll(async () => {
    const [home, first, second] = await Promise.all(['home', 'first', 'second'].map(place));
    places = { home: home!, first: first!, second: second! };
    api = await startLoopback();
  });
  afterAll(() => Promise.all([api, ...Object.values(places).map(({ issuer }) => issuer)].map(one => one.close())));

  const target = (changes: Partial<TargetOptions> = {}): TargetOptions => ({
    mode: 'on_behalf_of',
    baseUrl: api.url,
    issuer: inboundIssuer(),
    resource: ORDERS,
    scopes: ['orders:read'],
    ...changes,
  });
  const reason = 'The API of the test takes no actor.';
  const start = (targets: Record<string, TargetOptions>, issuers: (IssuerOptions | IssuerSource)[], clients = true) =>
    startDelegating(NOWHERE, {
      options: {
        issuers,
        targets,
        ports: {
          clock: () => now,
          fetch: (input, init) => (
            fetched.push(input instanceof Request ? input.url : String(input)),
            fetch(input, init)
          ),
          ...(clients && { clients: registrations }),
        },
      },
    });

  beforeEach(async () => {
    now = Date.now();
    fetched = [];
    api.requests.length = 0;
    table = new Table();
    registrations = new Registrations();
    for (const one of Object.values(places)) {
      one.clients.length = 0;
      one.answers = soundAnswers(one.issuer, {
        claims: form =>
          form.has('actor_token') || form.has('subject_token')
            ? { act: { sub: idAt(one) }, client_id: idAt(one) }
            : { sub: idAt(one), client_id: idAt(one) },
      });
      one.issuer.answer = (request, response) => {
        one.clients.push(Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString());
        one.answers(request, response);
      };
    }
    const { first, second, home } = places;
    for (const one of [first, second]) table.rows.set(one.url, unregistered(acme(one.issuer.issuerOptions)));
    registrations.answer = ({ issuer }) => {
      const found = [first, second].find(({ url }) => url === issuer);
      return Promise.resolve(found && registrationAt(found));
    };
    app = await start(
      {
        delegated: target(),
        restricted: target({ mode: 'restricted_user', reason, actEvidence: 'none' }),
        service: target({ mode: 'service_identity' }),
        acme_only: target({ issuer: inboundIssuer('acme') }),
        acme_service: target({ issuer: inboundIssuer('acme'), mode: 'service_identity' }),
      },
      [{ ...home.issuer.issuerOptions }, table],
    );
  });
  afterEach(() => app?.close());

  const login = (one: Place, claims: JWTPayload = {}) =>
    one.issuer.sign({ aud: MCP, scope: 'orders:read', jti: `${Math.random()}`, ...claims });
  const status = async (to: DelegatedFetch) => (await to('/orders')).status;
  const asked = () =>
    Object.fromEntries(Object.values(places).map(({ name, answers }) => [name, answers.asked.length]));
  const bearers = () => api.requests.map(({ headers }) => headers.authorization!.replace('Bearer ', ''));
  const refusal = (code: string) => expect.objectContaining({ code }) as unknown;

  it("exchanges each user's token at the issuer that it is from, as the client that this server is there", async () => {
    for (const one of Object.values(places)) {
      const token = await login(one);
      expect(await app.as(token, status, 'delegated')).toBe(200);
      expect(one.answers.asked.map(form => form.get('subject_token'))).toEqual([token]);
      expect(bearers().at(-1)).toBe(one.answers.given[0]);
    }
    expect(asked()).toEqual({ home: 1, first: 1, second: 1 });
    expect([places.first.clients, places.second.clients]).toEqual([
      ['mcp-at-first:secret-at-first'],
      ['mcp-at-second:secret-at-second'],
    ]);
    expect(places.home.answers.asked[0]!.get('client_id')).toBe(SERVER_CLIENT);
  });

  it("asks for this server's own token at the issuer of the actor, and shares it within that issuer alone", async () => {
    for (const one of [places.first, places.second, places.first]) await app.as(await login(one), status, 'service');
    await app.as(await login(places.second, { sub: 'bob' }), status, 'service');
    expect(asked()).toEqual({ home: 0, first: 1, second: 1 });
    const [first, second] = [places.first.answers.given[0], places.second.answers.given[0]];
    expect(bearers()).toEqual([first, second, first, second]);
  });

  it('gets a restricted token of the user there', async () => {
    const { first } = places;
    first.answers = soundAnswers(first.issuer, { claims: () => ({ act: undefined }) });
    expect(await app.as(await login(first), status, 'restricted')).toBe(200);
    expect(asked()).toEqual({ home: 0, first: 1, second: 0 });
  });

  it('never believes an issuer about the user of another', async () => {
    const { first, second } = places;
    first.answers = soundAnswers(second.issuer, { claims: () => ({ act: { sub: idAt(first) } }) });
    await expect(app.as(await login(first), status, 'delegated')).rejects.toEqual(refusal('delegated_token_refused'));
    expect(api.requests).toEqual([]);
  });

  it.each([
    ['names another issuer than has signed it', () => login(places.first, { iss: places.second.url })],
    ['invents an issuer', () => login(places.first, { iss: `${places.first.url}/invented` })],
    ['invents an issuer of another host', () => login(places.first, { iss: 'https://169.254.169.254' })],
  ])('a token that %s calls no URL and asks for no client', async (_what, token) => {
    await expect(app.as(await token(), status, 'delegated')).rejects.toThrow('answered with 401');
    expect({ fetched, asked: asked(), questions: registrations.questions }).toEqual({
      fetched: [],
      asked: { home: 0, first: 0, second: 0 },
      questions: [],
    });
  });

  it('cannot be turned to another issuer by the claims of a verified token', async () => {
    const claims = { tenant: undefined, issuer: places.second.url, tid: places.second.url, act: undefined };
    expect(await app.as(await login(places.first, claims), status, 'delegated')).toBe(200);
    expect(asked()).toEqual({ home: 0, first: 1, second: 0 });
  });

  it.each(['acme_only', 'acme_service'])('%s refuses the actor of another kind of issuer', async name => {
    expect(await app.as(await login(places.first), status, name)).toBe(200);
    await expect(app.as(await login(places.home), status, name)).rejects.toEqual(refusal('target_issuer_refused'));
    expect(asked().home).toBe(0);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      outcome: 'refused',
      reason: 'target_issuer_refused',
      actor_issuer: places.home.url,
      target: name,
    });
  });

  it('drops the tokens of an identity that is revoked, and keeps those of the same name elsewhere', async () => {
    const [first, second] = [await login(places.first), await login(places.second)];
    for (const token of [first, second]) await app.as(token, status, 'delegated');
    await app.app.get(IdentityRevocation).purge({ issuer: places.first.url, sub: 'alice' });
    await expect(app.as(first, status, 'delegated')).rejects.toThrow('answered with 401');
    expect(await app.as(second, status, 'delegated')).toBe(200);
    expect(asked()).toEqual({ home: 0, first: 1, second: 1 });
  });

  describe('whose client a source finds', () => {
    it('is asked for with issuer, tenant and target, once a minute for each', async () => {
      table.rows.set(places.first.url, { ...table.rows.get(places.first.url)!, tenants: ['north'] });
      const tokens = await Promise.all([1, 2, 3].map(() => login(places.first, { tenant: 'north' })));
      await Promise.all(tokens.map(token => app.as(token, status, 'delegated')));
      now += ONE_MINUTE;
      await app.as(await login(places.first, { tenant: 'north' }), status, 'delegated');
      const question = { issuer: places.first.url, tenant: 'north', target: 'delegated' };
      expect(registrations.questions).toEqual([question, question]);
    });

    it('is not asked about an issuer that says its client', async () => {
      await app.as(await login(places.home), status, 'delegated');
      expect(registrations.questions).toEqual([]);
    });

    it.each<[string, string, () => Promise<unknown>]>([
      ['knows none', 'delegation_misconfigured', () => Promise.resolve(undefined)],
      ['answers what is no client', 'delegation_misconfigured', () => Promise.resolve({ clientId: '' })],
      [
        'answers a key that cannot sign',
        'delegation_misconfigured',
        () => Promise.resolve({ clientId: 'a', auth: { method: 'private_key_jwt', key: { kty: 'EC' } } }),
      ],
      ['fails', 'delegation_unavailable', () => Promise.reject(new Error('secret of the vault'))],
      ['throws', 'delegation_unavailable', () => thrown()],
      ['never answers', 'delegation_unavailable', () => new Promise(() => undefined)],
    ])('that %s refuses those calls alone, with %s, and that is recorded', async (_what, code, answer) => {
      const sound = registrations.answer;
      registrations.answer = question => (question.issuer === places.first.url ? answer() : sound(question));
      const refused = expect(app.as(await login(places.first), status, 'delegated')).rejects.toEqual(refusal(code));
      expect(await app.as(await login(places.second), status, 'delegated')).toBe(200);
      await refused;
      expect(asked()).toEqual({ home: 0, first: 0, second: 1 });
      const record = app.auditLog.events.find(({ reason }) => reason === code)!;
      expect(record).toMatchObject({
        actor_issuer: places.first.url,
        target: 'delegated',
        delegation_mode: 'on_behalf_of',
      });
      expect(JSON.stringify(app.auditLog.events)).not.toContain('secret of the vault');
    });

    it('is asked again after it failed', async () => {
      const sound = registrations.answer;
      registrations.answer = () => Promise.reject(new Error('down'));
      await expect(app.as(await login(places.first), status, 'delegated')).rejects.toEqual(
        refusal('delegation_unavailable'),
      );
      registrations.answer = sound;
      expect(await app.as(await login(places.first), status, 'delegated')).toBe(200);
    });
  });
});

function thrown(): never {
  throw new Error('secret of the vault');
}
