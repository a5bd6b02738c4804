import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EieConfigurationError, EieModule, type EieOptions } from 'nestjs-eie';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { RecordingLog } from '../support/app.js';
import { newKeyPair } from '../support/key-pair.js';

const jwks = {
  keys: [{ ...newKeyPair().publicKey.export({ format: 'jwk' }), kid: 'k' }],
};
const privateJwk = {
  ...newKeyPair().privateKey.export({ format: 'jwk' }),
  kid: 's',
} as Record<string, unknown>;

const good = (): EieOptions => ({
  resource: 'https://mcp.shop.test/mcp',
  issuers: [
    {
      issuer: 'https://login.shop.test',
      jwks: structuredClone(jwks),
      algorithms: ['ES256'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
      client: { clientId: 'mcp', auth: { method: 'client_secret_basic', secret: 'secret' } },
    },
  ],
  signing: { keys: [privateJwk] },
  audit: { log: new RecordingLog() },
});

const target = (changes: object = {}) => ({
  orders_api: {
    mode: 'on_behalf_of',
    baseUrl: 'https://orders.shop.test',
    issuer: 'https://login.shop.test',
    resource: 'https://orders.shop.test',
    scopes: ['orders:read'],
    ...changes,
  },
});

async function boot(...imports: any[]): Promise<void> {
  const module = await Test.createTestingModule({ imports })
    .setLogger(false as never)
    .compile();
  const app = module.createNestApplication({ logger: false });
  await app.init();
  await app.close();
}

const bootWith = (changes: Record<string, unknown>) => boot(EieModule.forRoot({ ...good(), ...changes }));
const bootWithIssuer = (changes: Record<string, unknown>) =>
  bootWith({ issuers: [{ ...good().issuers[0], ...changes }] });

describe('a wrong option stops the boot and names itself and the fix', () => {
  it('while right ones boot', () => boot(EieModule.forRoot(good())));

  it.each<[option: string, boot: () => Promise<void>, fix: string]>([
    [
      'resource missing',
      () => bootWith({ resource: undefined }),
      'resource must be the https identifier of this server',
    ],
    ['resource over http', () => bootWith({ resource: 'http://mcp.shop.test/mcp' }), 'http only on loopback'],
    ['no issuers', () => bootWith({ issuers: [] }), 'issuers must configure at least one issuer'],
    [
      'an empty trustDomain',
      () => bootWith({ signing: { keys: [privateJwk], trustDomain: '' } }),
      'signing.trustDomain must name the trust domain',
    ],
    [
      'an instance of the audit log that is the folder of the keys of persons',
      () => bootWith({ audit: { directory: 'audit', instance: 'person-keys' } }),
      'audit.instance must be a name of letters, digits, ".", "_" and "-", and not "person-keys"',
    ],
    [
      'a folder of the audit log that cannot be written',
      () => bootWith({ audit: { directory: 'package.json' } }),
      'Let "audit.directory" name a folder that this process may write',
    ],
    [
      'signing missing, and a target that gets a Txn-Token',
      () => bootWith({ signing: undefined, targets: target() }),
      'targets.orders_api gets a Txn-Token, which has to be signed: give EieModule "signing: { keys: [private JWK] }"',
    ],
    [
      'signing by another word',
      () => bootWith({ signing: 'none' }),
      'signing must be { keys: [private JWK, ...] } or { signer }, or "ephemeral" for development',
    ],
    [
      'a public signing key',
      () => bootWith({ signing: { keys: jwks.keys } }),
      'signing.keys[0] must be a private EC P-256 or Ed25519 JWK',
    ],
    ['no signing key', () => bootWith({ signing: { keys: [] } }), 'signing.keys is empty'],
    ['an unknown option', () => bootWith({ audiance: 'x' }), 'audiance is not an option'],
    [
      'an issuer without keys',
      () => bootWithIssuer({ jwks: undefined }),
      'issuers[0].jwksUri must be the https URL of the JWK Set',
    ],
    [
      'a symmetric algorithm',
      () => bootWithIssuer({ algorithms: ['HS256'] }),
      'issuers[0].algorithms may only hold RS256',
    ],
    ['alg none', () => bootWithIssuer({ algorithms: ['none'] }), 'symmetric algorithms and "none" are not accepted'],
    [
      'no algorithms',
      () => bootWithIssuer({ algorithms: [] }),
      'issuers[0].algorithms must list the signature algorithms',
    ],
    [
      'an empty audience',
      () => bootWithIssuer({ audience: [] }),
      'issuers[0].audience must name at least one audience',
    ],
    [
      'no actor rule',
      () => bootWithIssuer({ actorType: undefined }),
      'issuers[0].actorType must say how a user is recognised',
    ],
    [
      'a client without a key',
      () => bootWithIssuer({ client: { clientId: 'mcp', auth: { method: 'private_key_jwt' } } }),
      'issuers[0].client.auth.key must be a private JWK',
    ],
    [
      'a static key set of private keys',
      () => bootWithIssuer({ jwks: { keys: [privateJwk] } }),
      'issuers[].jwks holds no usable public signature key',
    ],
    [
      'an unknown mode',
      () => bootWith({ targets: target({ mode: 'passthrough' }) }),
      'mode must be one of service_identity, on_behalf_of, restricted_user',
    ],
    [
      'a restricted target without a reason',
      () => bootWith({ targets: target({ mode: 'restricted_user' }) }),
      'reason must say, in a sentence',
    ],
    [
      'a target without scopes',
      () => bootWith({ targets: target({ scopes: [] }) }),
      'scopes must name the scopes of the target',
    ],
    [
      'a target of an unknown issuer',
      () => bootWith({ targets: target({ issuer: 'https://other.test' }) }),
      'targets.orders_api.issuer must be one of issuers[].issuer. It is "https://other.test", and they are "https://login.shop.test".',
    ],
    [
      'records that are kept for a text',
      () => bootWith({ audit: { keepFor: '90d' } }),
      'audit.keepFor must be a number of seconds, at least a day: 86400',
    ],
    [
      'a public key as the client key',
      () =>
        bootWith({
          issuers: [
            {
              ...good().issuers[0],
              client: { clientId: 'mcp', auth: { method: 'private_key_jwt', key: { ...jwks.keys[0], alg: 'ES256' } } },
            },
          ],
          targets: target(),
        }),
      'issuers[https://login.shop.test].client.auth.key must be a private JWK',
    ],
    [
      'a target without a client',
      () => bootWith({ issuers: [{ ...good().issuers[0], client: undefined }], targets: target() }),
      'configure issuers[].client for that issuer',
    ],
    [
      'one target twice',
      () =>
        boot(
          EieModule.forRoot({ ...good(), targets: target() } as never),
          EieModule.forFeature({ targets: target() as never }),
        ),
      '"orders_api" is configured twice',
    ],
    [
      'a public route without a reason',
      () => bootWith({ authorization: { routes: [{ path: '/health', method: 'GET', access: 'public' }] } }),
      'authorization.routes[0].reason must say, in a sentence',
    ],
    [
      'a log of another kind',
      () => bootWith({ audit: { log: { append() {} } } }),
      'audit.log must be an instance of a class that extends AuditLog',
    ],
    [
      'a receiver without presenters',
      () =>
        boot(
          EieReceiverModule.forRoot({
            service: 'orders_api',
            resource: 'https://orders.shop.test',
            issuers: good().issuers,
            trust: {
              trustDomain: 'shop.test',
              issuers: [{ issuer: 'https://mcp.shop.test/mcp', jwks: jwks as never }],
            },
          } as never),
        ),
      'trust.issuers[0].presenters must say which OAuth client',
    ],
  ])('%s', async (_option, attempt, fix) => {
    const error = await attempt().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EieConfigurationError);
    expect((error as Error).message).toContain(fix);
  });

  it.each<[what: string, boot: () => Promise<void>, fix: string]>([
    [
      'the rules for agents',
      () => bootWith({ authorization: Promise.resolve({ unregisteredAgents: 'refuse' }) }),
      'authorization must be { scopeHierarchy, scopeCatalogue, scopesSupported, unregisteredAgents, identityFields, routes, proofOfPossession, signals }: it is a Promise, so await it before',
    ],
    [
      'the agents of an issuer',
      () => bootWithIssuer({ agents: new Map([['desk', { id: 'desk', scopes: [] }]]) }),
      'issuers[0].agents must map client ids to agent ids, or to { id, scopes, tools, targets, tenants }: it is a Map, so write it as plain options',
    ],
    [
      'what one agent may do',
      () => bootWithIssuer({ agents: { desk: new Map([['id', 'desk']]) } }),
      'issuers[0].agents.desk must be an object: it is a Map, so write it as plain options',
    ],
    [
      'the most that a tenant allows',
      () => bootWithIssuer({ tenants: { acme: Promise.resolve({ scopes: [] }) } }),
      'issuers[0].tenants.acme must be an object: it is a Promise, so await it before',
    ],
    [
      'the roles',
      () => bootWithIssuer({ roles: new Map() }),
      'issuers[0].roles must map the roles of the issuer to lists of roles: it is a Map, so write it as plain options',
    ],
    [
      'the evidence of a user',
      () => bootWithIssuer({ actorType: () => ({ user: { claim: 'sub' } }) }),
      'issuers[0].actorType must say how a user is recognised',
    ],
    ['the limits', () => bootWith({ limits: () => ({ envelopeLifetime: 60 }) }), 'limits must be { envelopeLifetime'],
    [
      'the targets',
      () => bootWith({ targets: new Map(Object.entries(target())) }),
      'targets must map target names to targets: it is a Map, so write it as plain options',
    ],
    [
      'the targets of a feature',
      () => boot(EieModule.forRoot(good()), EieModule.forFeature({ targets: Promise.resolve(target()) as never })),
      'targets must map target names to targets: it is a Promise, so await it before',
    ],
  ])(
    'where %s are no plain object: nothing would be read of them, and nothing refused',
    async (_what, attempt, fix) => {
      const problem = await attempt().catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(EieConfigurationError);
      expect((problem as Error).message).toContain(fix);
    },
  );

  it.each<[what: string, changes: Record<string, unknown>, fix: string]>([
    ['a target', { targets: { orders_api: undefined } }, 'targets.orders_api has wrong options'],
    ['a key', { signing: { keys: [undefined] } }, 'signing.keys[0] must be a private EC P-256 or Ed25519 JWK'],
  ])('where %s is not there at all', async (_what, changes, fix) => {
    const problem = await bootWith(changes).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EieConfigurationError);
    expect((problem as Error).message).toContain(fix);
  });

  it.each<[option: string, changes: Record<string, unknown>]>([
    ['authorization.scopesSupported', { authorization: { scopesSupported: ['orders:read orders:write'] } }],
    ['authorization.scopeCatalogue', { authorization: { scopeCatalogue: ['orders:read\n'] } }],
    ['targets.orders_api', { targets: target({ scopes: ['orders:read orders:write'] }) }],
    ['targets.orders_api', { targets: target({ scopes: { 'orders:read': ['Orders.Read '] } }) }],
  ])('where %s has several scopes in one text, or one that no token can have', async (option, changes) => {
    const problem = await bootWith(changes).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EieConfigurationError);
    expect((problem as Error).message).toMatch(new RegExp(`${option}[^]* must .* each by itself without spaces`));
  });

  it.each<[what: string, client: object, fix: string]>([
    [
      'secret',
      { clientId: 'mcp', auth: { method: 'client_secret_basic', secret: 'hunter2\n' } },
      'issuers[0].client.auth.secret must be the secret of the client, without white space around it, such as the line end of the file that it is read from: trim() it',
    ],
    [
      'id',
      { clientId: ' mcp', auth: { method: 'client_secret_basic', secret: 'hunter2' } },
      'issuers[0].client.clientId must be the client id of this server at the issuer, without white space around it',
    ],
  ])(
    'where the %s of a client has the line end of its file: the issuer would refuse it',
    async (_what, client, fix) => {
      const problem = await bootWithIssuer({ client }).catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(EieConfigurationError);
      expect((problem as Error).message).toContain(fix);
      expect((problem as Error).message).not.toContain('hunter2');
    },
  );

  it.each<[what: string, clock: () => unknown]>([
    ['is asynchronous', () => Promise.resolve(Date.now())],
    ['returns nothing', () => undefined],
    [
      'fails',
      () => {
        throw new Error('no time');
      },
    ],
  ])('where a clock %s: with its time nothing would expire', async (_what, clock) => {
    await expect(bootWith({ ports: { clock } })).rejects.toThrow(
      'ports.clock must be a function that returns milliseconds since the epoch, as a number',
    );
  });

  it('names all wrong options at once', async () => {
    const attempt = bootWith({ resource: 1, issuers: [{}], limits: { envelopeLifetime: 0 } });
    await expect(attempt).rejects.toThrow(
      /resource must[^]*issuers\[0\]\.issuer must[^]*limits\.envelopeLifetime must/,
    );
  });

  it('never repeats a secret in the message', async () => {
    const attempt = bootWithIssuer({
      algorithms: [],
      client: { clientId: 'mcp', auth: { method: 'client_secret_basic', secret: 'hunter2', extra: 'hunter2' } },
    });
    await expect(attempt).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }),
    );
  });
});

describe('EieModule', () => {
  it('takes its options from a factory', () =>
    boot(EieModule.forRootAsync({ useFactory: () => Promise.resolve(good()) })));

  it('checks what a factory returns as strictly', async () => {
    await expect(boot(EieModule.forRootAsync({ useFactory: () => ({ ...good(), resource: '' }) }))).rejects.toThrow(
      'resource must be',
    );
  });

  it.each<[what: string, given: unknown, fix: string]>([
    ['nothing at all', undefined, 'EieModule.forRootAsync() needs "useFactory", "useClass" or "useExisting"'],
    ['options in place of a factory', { useFactory: good() }, 'useFactory must be a function that returns the options'],
    [
      'a factory and a class',
      { useFactory: good, useClass: class Configuration {} },
      'EieModule.forRootAsync() needs one of "useFactory", "useClass" and "useExisting"',
    ],
    [
      'a class that creates nothing',
      { useClass: class Configuration {} },
      'EieModule.forRootAsync(): the class of useClass or useExisting must have a method "create()" that returns the options',
    ],
  ])('says what it needs when it is given %s', async (_what, given, fix) => {
    const problem = await Promise.resolve()
      .then(() => boot(EieModule.forRootAsync(given as never)))
      .catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EieConfigurationError);
    expect((problem as Error).message).toContain(fix);
  });

  const options = (
    JSON.parse(readFileSync(new URL('../architecture/options.json', import.meta.url), 'utf8')) as {
      modules: { options: Record<string, string[]> };
    }
  ).modules.options['EieModule.forRoot()']!;
  const groups = [...new Set(options.map(path => path.split('.').slice(0, -1).join('.')))].filter(
    path => path && !path.includes('[]') && path !== 'signing',
  );

  it.each(groups)('names members that exist where %s is no object', async path => {
    const given: Record<string, unknown> = {};
    const [last, ...above] = path.split('.').reverse() as [string, ...string[]];
    above.reverse().reduce((group, name) => (group[name] = {}) as Record<string, unknown>, given)[last] = 'x';
    const { message } = (await bootWith(given).catch((error: unknown) => error)) as Error;
    const line = message.split('\n').find(one => one.includes(`${path} must be `)) ?? '';
    const named = [...line.matchAll(/\{ ([^}]*) \}/g)].flatMap(([, names]) => names!.split(', '));
    expect(named).not.toEqual([]);
    expect(named.filter(name => !options.includes(`${path}.${name.replace('?', '')}`))).toEqual([]);
  });

  it('says loudly what an ephemeral signing key means', async () => {
    const lines: string[] = [];
    const warn = Logger.prototype.warn;
    Logger.prototype.warn = (line: string) => void lines.push(line);
    try {
      await bootWith({ signing: 'ephemeral' });
    } finally {
      Logger.prototype.warn = warn;
    }
    expect(lines.join()).toContain('sealed with a key that only this process has');
  });
});
