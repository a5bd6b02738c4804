import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { ConsoleLogger, Controller, createParamDecorator, type ExecutionContext, Get } from '@nestjs/common';
import { jest } from '@jest/globals';
import { calculateJwkThumbprint, decodeJwt, exportJWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import {
  Authenticated,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
  IdentityRevocation,
  type TargetOptions,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { defineProvider } from 'nestjs-eie/presets';
import { callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { type Evidence, type Secrets, secretsWithin } from '../support/secrets.js';
import { soundAnswers } from '../support/sound-answers.js';
import { INVOICES, MCP, ORDERS, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

const [CLIENT_SECRET, REFRESH_TOKEN, DESCRIPTION, ID_TOKEN_SIGNATURE] = Array.from({ length: 4 }, () =>
  randomBytes(24).toString('base64url'),
) as [string, string, string, string];
const DENIED = 'https://denied.shop.test';
const TARGETS = ['orders_api', 'own_api', 'legacy_api', 'denied_api', 'partner_api'] as const;
const PATHS = ['/ok', '/empty', '/closed', '/again', '/echo', '/redirect', '/../outside'];
const LEVELS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;

const Context = createParamDecorator((_data: undefined, context: ExecutionContext) => context);
/** What code of the application got hold of. */
let handed: unknown[];

class UsesEverything {
  constructor(
    private readonly delegation: DelegationService,
    readonly revocation: IdentityRevocation,
  ) {}

  /** Calls every target, well and badly, and keeps all that comes of it. */
  async use(...given: [ExecutionContext, ExecutionIdentityEnvelope]): Promise<void> {
    const keep = (...outcome: unknown[]) => void handed.push(outcome);
    const read = async (answer: Response) =>
      keep(answer, answer.clone(), await answer.text().catch((error: unknown) => error));
    const [, identity] = given;
    keep(this, ...given);
    for (const name of TARGETS) {
      const target = this.delegation.for(identity, name);
      keep(target);
      for (const path of PATHS) await target(path).then(read, keep);
      for (const init of [{ headers: { authorization: 'Bearer mine' } }, { signal: AbortSignal.abort() }])
        await target('/ok', init).then(read, keep);
    }
    for (const [who, name] of [
      [{ ...identity }, 'orders_api'],
      [identity, 'no_api'],
    ] as const)
      await this.delegation
        .for(
          who as typeof identity,
          name,
        )('/')
        .catch(keep);
  }
}

@ToolController()
class Tools extends UsesEverything {
  constructor(delegation: DelegationService, revocation: IdentityRevocation) {
    super(delegation, revocation);
  }

  @Tool({ name: 'everything' })
  @Authenticated()
  @DelegatesTo(...TARGETS)
  async everything(@Context() context: ExecutionContext, @Identity() identity: ExecutionIdentityEnvelope) {
    await this.use(context, identity);
  }
}

@Controller('everything')
class Handlers extends UsesEverything {
  constructor(delegation: DelegationService, revocation: IdentityRevocation) {
    super(delegation, revocation);
  }

  @Get()
  @Authenticated()
  @DelegatesTo(...TARGETS)
  async everything(@Context() context: ExecutionContext, @Identity() identity: ExecutionIdentityEnvelope) {
    await this.use(context, identity);
  }
}

class KeepingLogger extends ConsoleLogger {
  readonly lines: unknown[] = [];

  protected override printMessages(...given: unknown[]): void {
    this.lines.push(given);
  }
}

const refused = new Set<unknown>();
const answer: RequestListener = ({ url, headers, socket }, response) => {
  const isRefused = url === '/again' && !refused.has(headers.authorization);
  if (url === '/closed') return void socket.destroy();
  if (url === '/empty') return void response.writeHead(204).end();
  if (url === '/redirect')
    return void response.writeHead(302, { location: `/ok?token=${headers.authorization}` }).end();
  if (isRefused) response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' });
  refused.add(headers.authorization);
  response.end(url === '/echo' ? JSON.stringify(headers) : '{}');
};

/** Says more than it is asked: what belongs to this server alone, and why it denies. */
function tells(issuer: LyingIssuer, client: string) {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const id_token = `${part({ alg: 'RS256' })}.${part({ iss: issuer.issuerOptions.issuer, aud: client, sub: 'alice', iat: 1, exp: 9_999_999_999 })}.${ID_TOKEN_SIGNATURE}`;
  const error = (form: URLSearchParams) =>
    form.get('resource') === DENIED
      ? { error: 'invalid_target', error_description: DESCRIPTION, error_uri: `https://as.test/${DESCRIPTION}` }
      : undefined;
  const claims = (form: URLSearchParams) => ({
    ...(form.get('resource') === INVOICES && { act: undefined }),
    client_id: client,
  });
  return (issuer.answer = soundAnswers(issuer, {
    claims,
    error,
    body: { id_token, refresh_token: REFRESH_TOKEN, note: DESCRIPTION },
  }));
}

let started: { world: World; issuer: LyingIssuer; partner: LyingIssuer; api: Loopback; app: TestApp };
let evidence: Evidence;
let secrets: Secrets;

describe('every kind of secret', () => {
  beforeAll(async () => {
    const [world, issuer, partner, api] = await Promise.all([
      startWorld(),
      startLyingIssuer(),
      startLyingIssuer(),
      startLoopback(answer),
    ]);
    const [answers, partners] = [tells(issuer, SERVER_CLIENT), tells(partner, 'mcp-at-partner')];
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets: Record<(typeof TARGETS)[number], TargetOptions> = {
      orders_api: target,
      own_api: { ...target, mode: 'service_identity' },
      legacy_api: { ...target, mode: 'restricted_user', resource: INVOICES, reason: 'It cannot read act claims yet.' },
      denied_api: { ...target, resource: DENIED },
      partner_api: { ...target, mode: 'service_identity', issuer: partner.issuerOptions.issuer },
    };
    const showingActors = defineProvider({
      name: 'showingActors',
      issuer: () => issuer.issuerOptions,
      exchange: { actorTokenResource: MCP },
    });
    const issuers = [
      showingActors({}),
      {
        ...partner.issuerOptions,
        client: { clientId: 'mcp-at-partner', auth: { method: 'client_secret_post' as const, secret: CLIENT_SECRET } },
      },
    ];
    const logger = new KeepingLogger({ logLevels: ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] });
    const written: unknown[] = [];
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation(text => Boolean(written.push(text)));
    for (const level of LEVELS) jest.spyOn(console, level).mockImplementation((...texts) => void written.push(texts));
    const app = await startMcpApp(world, {
      controllers: [Handlers],
      providers: [Tools],
      prepare: one => one.useLogger(logger),
      options: { issuers, targets, signing: { keys: world.sealing.keys } },
    });
    started = { world, issuer, partner, api, app };

    handed = [];
    const key = newKeyPair();
    const jwk = await exportJWK(key.publicKey);
    const [bearer, bound] = [
      await issuer.freshToken(),
      await issuer.sign({ aud: MCP, scope: 'orders:read', cnf: { jkt: await calculateJwkThumbprint(jwk) } }),
    ];
    const proof = await new SignJWT({
      htm: 'GET',
      htu: new URL('/everything', MCP).href,
      jti: randomUUID(),
      ath: createHash('sha256').update(bound).digest('base64url'),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(key.privateKey);
    const client = await connect(app.url, bearer);
    const answered = [await callTool(client, 'everything')] as unknown[];
    await client.close();
    const http = await fetch(`${app.url}/everything`, { headers: { authorization: `DPoP ${bound}`, dpop: proof } });
    answered.push(http.status, [...http.headers], await http.text());
    jest.restoreAllMocks();

    const sent = (name: keyof IncomingHttpHeaders) => [
      ...new Set(api.requests.flatMap(({ headers }) => (headers[name] as string | undefined) ?? [])),
    ];
    const given = (which: (claims: ReturnType<typeof decodeJwt>) => boolean) =>
      [...answers.given, ...partners.given].filter(token => which(decodeJwt(token)));
    secrets = {
      'the token that came in': [bearer, bound],
      'an exchanged token': given(({ sub, act }) => sub === 'alice' && act !== undefined),
      'a restricted token': given(({ sub, act }) => sub === 'alice' && act === undefined),
      'a token of this server': given(({ sub, aud }) => sub === SERVER_CLIENT && aud === ORDERS),
      'an actor token': given(({ aud }) => aud === MCP),
      'a Txn-Token': sent('txn-token'),
      'a proof of possession': [proof],
      'a client assertion': answers.asked.map(form => form.get('client_assertion')!),
      'the client secret': [CLIENT_SECRET],
      'the key that seals': [world.sealing.keys[0]!.d!],
      'the key of the client': [issuer.issuerOptions.client!.auth.key!.d!],
      'a refresh token': [REFRESH_TOKEN],
      'an ID token': [ID_TOKEN_SIGNATURE],
      'words of the authorization server': [DESCRIPTION],
    };
    evidence = {
      'what code is handed': handed,
      'what clients are answered': answered,
      'the log': logger.lines,
      'the audit log': app.auditLog.events,
      'stdout and stderr': written,
      traceparent: sent('traceparent'),
    };
  });
  afterAll(async () => {
    await started.app.close();
    await Promise.all([started.world, started.issuer, started.partner, started.api].map(one => one.close()));
  });

  it('a run calls every target in every mode, fails in every way, and has every kind of secret', () => {
    expect(Object.entries(secrets).filter(([, values]) => !values.length)).toEqual([]);
    expect(new Set((evidence['the audit log'] as { reason: string }[]).map(({ reason }) => reason))).toEqual(
      new Set([
        null,
        'target_unavailable',
        'target_response_refused',
        'target_url_refused',
        'target_request_refused',
        'delegation_audience_unavailable',
        'identity_forged',
        'target_undeclared',
        'aborted',
      ]),
    );
  });

  it('and leaves none of them where code of the application, a log or the audit log could have it', () => {
    expect(secretsWithin(evidence, secrets)).toEqual([]);
  });

  it('the same search finds one of each kind in each of these places, were it there', () => {
    const planted = Object.values(secrets).map(([secret], i) => {
      const text = `failed with ${secret!.split('.').at(-1)}`;
      return [
        new Error('x', { cause: { text } }),
        { deep: [{ text }] },
        text,
        Object.assign(() => 0, { [Symbol('hidden')]: text }),
      ][i % 4];
    });
    for (const [place, found] of Object.entries(evidence)) {
      expect(secretsWithin({ [place]: [found, planted] }, secrets)).toEqual(
        Object.keys(secrets).map(kind => `${kind} in ${place}`),
      );
    }
  });
});
