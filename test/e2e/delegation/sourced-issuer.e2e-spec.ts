import {
  ClientSource,
  type DelegatedFetch,
  inboundIssuer,
  type IssuerOptions,
  IssuerSource,
  type TargetOptions,
} from 'nestjs-eie';
import { defineProvider } from 'nestjs-eie/presets';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { MCP, ORDERS, type World } from '../../support/world.js';

/** The application brings its issuers. */
const NOWHERE = { issuerOptions: () => undefined } as unknown as World;

class Table extends IssuerSource {
  readonly advertised = [];
  readonly rows = new Map<string, IssuerOptions>();
  broken = false;

  find(issuer: string) {
    return this.broken ? Promise.reject(new Error('down')) : Promise.resolve(this.rows.get(issuer));
  }
}

class NoClients extends ClientSource {
  find() {
    return Promise.resolve(undefined);
  }
}

const unregistered = ({ client: _client, ...options }: IssuerOptions): IssuerOptions => options;

describe('a target of an issuer that only a source knows', () => {
  let issuer: LyingIssuer;
  let other: LyingIssuer;
  let api: Loopback;
  let table: Table;
  let app: DelegatingApp | undefined;
  let now: number;

  beforeAll(async () => {
    [issuer, other, api] = await Promise.all([startLyingIssuer(), startLyingIssuer(), startLoopback()]);
  });
  afterAll(() => Promise.all([issuer, other, api].map(one => one.close())));
  beforeEach(() => {
    now = Date.now();
    table = new Table();
    table.rows.set(issuer.issuerOptions.issuer, issuer.issuerOptions);
    api.requests.length = 0;
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const start = async (
    changes: Partial<TargetOptions>,
    { issuers = [table], clients }: { issuers?: (IssuerOptions | IssuerSource)[]; clients?: ClientSource } = {},
  ): Promise<DelegatingApp> => {
    const orders_api: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
      ...changes,
    };
    const ports = { clock: () => now, ...(clients && { clients }) };
    app = await startDelegating(NOWHERE, { options: { issuers, targets: { orders_api }, ports } });
    return app;
  };
  const login = (at: LyingIssuer) => at.sign({ aud: MCP, scope: 'orders:read' });
  const status = async (to: DelegatedFetch) => (await to('/orders')).status;

  it.each(['on_behalf_of', 'service_identity'] as const)(
    'starts without it, and gets its token there once the source has it (%s)',
    async mode => {
      table.rows.clear();
      table.rows.set(other.issuerOptions.issuer, other.issuerOptions);
      const started = await start({ mode });
      table.rows.set(issuer.issuerOptions.issuer, issuer.issuerOptions);
      const answers = soundAnswers(issuer);
      issuer.answer = answers;
      expect(await started.as(await login(issuer), status)).toBe(200);
      expect(answers.asked).toHaveLength(1);
      expect(api.requests[0]!.headers.authorization).toBe(`Bearer ${answers.given[0]}`);
    },
  );

  it('is asked in the dialect that the source says, from one minute to the next', async () => {
    const { provider } = defineProvider({
      name: 'acme',
      issuer: () => issuer.issuerOptions,
      exchange: { target: 'audience', parameters: { flavour: 'acme' } },
    })({});
    const started = await start({ mode: 'restricted_user', reason: 'The API takes no actor.', actEvidence: 'none' });
    const answers = soundAnswers(issuer, {
      claims: asked => ({ act: undefined, aud: asked.get('audience') ?? asked.get('resource')! }),
    });
    issuer.answer = answers;
    expect(await started.as(await login(issuer), status)).toBe(200);
    table.rows.set(issuer.issuerOptions.issuer, { ...issuer.issuerOptions, provider: provider! });
    now += 60_000;
    expect(await started.as(await issuer.sign({ aud: MCP, scope: 'orders:read', jti: '2' }), status)).toBe(200);
    expect(answers.asked.map(form => [form.get('resource'), form.get('audience'), form.get('flavour')])).toEqual([
      [ORDERS, null, null],
      [null, ORDERS, 'acme'],
    ]);
  });

  it.each<[string, string, () => void]>([
    ['does not know it', 'delegation_misconfigured', () => table.rows.delete(issuer.issuerOptions.issuer)],
    ['fails', 'delegation_unavailable', () => (table.broken = true)],
  ])('is refused, on the record, while the source %s', async (_what, reason, change) => {
    const started = await start({ mode: 'service_identity' }, { issuers: [other.issuerOptions, table] });
    change();
    await expect(started.as(await login(other), status)).rejects.toMatchObject({ code: reason });
    expect(api.requests).toEqual([]);
    expect(started.auditLog.last('delegation.refused')).toMatchObject({ reason, target: 'orders_api' });
  });

  describe('is refused at boot', () => {
    const own = { clientId: 'a', auth: { method: 'client_secret_basic' as const, secret: 'secret' } };
    it.each<[string, Partial<TargetOptions>, () => (IssuerOptions | IssuerSource)[], string]>([
      [
        'where there is no source',
        { issuer: 'https://other.test' },
        () => [issuer.issuerOptions],
        'targets.orders_api.issuer must be one of issuers[].issuer',
      ],
      [
        'by a name that no source is asked about',
        { issuer: 'inbound' },
        () => [table],
        'targets.orders_api.issuer must be one of issuers[].issuer',
      ],
      [
        'with one client for whichever issuer the actor is from',
        { issuer: inboundIssuer(), client: own },
        () => [table],
        'targets.orders_api.client must be left out beside inboundIssuer()',
      ],
      [
        'with one client for whichever issuer the users of a tenant are from',
        { issuer: inboundIssuer(), tenants: { acme: { client: own } } },
        () => [table],
        'targets.orders_api.tenants.acme.client must be left out beside inboundIssuer()',
      ],
      [
        'where this server is a client of no issuer',
        { issuer: inboundIssuer() },
        () => [unregistered(issuer.issuerOptions)],
        'this server is a client of none of issuers: configure issuers[].client, or ports.clients',
      ],
      [
        'where no issuer is of the kind',
        { issuer: inboundIssuer('entraId') },
        () => [issuer.issuerOptions],
        'this server is a client of none of issuers of that kind',
      ],
      [
        'with what only looks like it',
        { issuer: {} as never },
        () => [table],
        'issuer must be one of issuers[].issuer; an API that knows no OAuth has',
      ],
    ])('%s', async (_what, changes, issuers, message) => {
      await expect(start(changes, { issuers: issuers() })).rejects.toThrow(message);
    });

    it('and not where a client source may know the client of a configured issuer, which is asked at the call', async () => {
      const issuers = [unregistered(issuer.issuerOptions)];
      const started = await start({}, { issuers, clients: new NoClients() });
      await expect(started.as(await login(issuer), status)).rejects.toMatchObject({ code: 'delegation_misconfigured' });
    });
  });
});
