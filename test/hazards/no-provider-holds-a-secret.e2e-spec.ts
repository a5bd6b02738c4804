import { createPrivateKey, KeyObject, randomBytes } from 'node:crypto';
import { Injectable, Module, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import {
  ClientSource,
  EieModule,
  type EieOptions,
  EncryptedRequestStateStore,
  inboundIssuer,
  IssuerSource,
  MemoryDelegatedTokenStore,
  type TargetOptions,
} from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { EieReceiverModule, type EieReceiverOptions } from 'nestjs-eie/receiver';
import { RecordingLog } from '../support/app.js';
import { declaringModule } from '../support/declaring.js';
import { Intruder } from '../support/intruder.js';
import { reachable, tokensWithin } from '../support/reachable.js';
import { newKeyPair } from '../support/key-pair.js';

const secret = (): string => randomBytes(24).toString('base64url');
const privateJwk = (kid: string): Record<string, unknown> => ({
  ...newKeyPair().privateKey.export({ format: 'jwk' }),
  kid,
  alg: 'ES256',
});

const [sealing, client] = [privateJwk('seal'), privateJwk('client')];
const SECRETS: Record<string, string> = {
  'the key that seals': sealing.d as string,
  'the key of the client': client.d as string,
  'the secret of a client': secret(),
  'the secret of the client of a target': secret(),
  'the secret of the client of a tenant': secret(),
  'the secret of the client of a feature': secret(),
  'the key of the state': secret(),
  'the secret that seals delegated tokens': secret(),
  'the older secret that seals delegated tokens': secret(),
  'the secret of a client that the issuer source says': secret(),
  'the secret of a client that the client source says': secret(),
};
const basic = (name: string) => ({
  clientId: 'mcp',
  auth: { method: 'client_secret_basic' as const, secret: SECRETS[name]! },
});

const issuer = (name: string) => ({
  issuer: `https://${name}.test`,
  jwksUri: `https://${name}.test/jwks`,
  algorithms: ['ES256' as const],
  actorType: { user: { claim: 'sub_profile', values: ['user'] } },
});
const target: TargetOptions = {
  mode: 'service_identity',
  baseUrl: 'https://orders.test',
  issuer: 'https://one.test',
  resource: 'https://orders.test',
  scopes: ['orders:read'],
};
const shared = () => ({
  store: new MemoryDelegatedTokenStore(),
  secrets: [
    SECRETS['the secret that seals delegated tokens']!,
    SECRETS['the older secret that seals delegated tokens']!,
  ],
});
const options = (): EieOptions => ({
  resource: 'https://mcp.test/mcp',
  issuers: [
    {
      ...issuer('one'),
      client: { clientId: 'mcp', auth: { method: 'private_key_jwt', key: structuredClone(client) } },
    },
    { ...issuer('two'), client: basic('the secret of a client'), opaqueTokens: true },
  ],
  signing: { keys: [structuredClone(sealing)] },
  targets: {
    orders_api: {
      ...target,
      client: basic('the secret of the client of a target'),
      tenants: { acme: { client: basic('the secret of the client of a tenant') } },
    },
  },
  ports: { requestState: new EncryptedRequestStateStore(SECRETS['the key of the state']), delegatedTokens: shared() },
  audit: { log: new RecordingLog() },
});

/** Sources that hide nothing themselves. */
class Issuers extends IssuerSource {
  readonly advertised = [];
  readonly found = { ...issuer('three'), client: basic('the secret of a client that the issuer source says') };

  find() {
    return Promise.resolve(this.found);
  }
}
class Clients extends ClientSource {
  readonly found = basic('the secret of a client that the client source says');

  find() {
    return Promise.resolve(this.found);
  }
}
const withSources = (): EieOptions => {
  const { issuers, targets, ...rest } = options();
  const inbound = { ...target, issuer: inboundIssuer() };
  const sourced = { ...target, issuer: 'https://three.test', client: basic('the secret of the client of a target') };
  return {
    ...rest,
    issuers: [...issuers, new Issuers()],
    targets: { ...targets, inbound, sourced },
    ports: { clients: new Clients() },
  };
};
const feature = () => ({
  targets: { billing_api: { ...target, client: basic('the secret of the client of a feature') } },
});
const route = { name: 'shop', version: '1.0.0' };
const receiver = (): EieReceiverOptions => ({
  service: 'orders_api',
  resource: 'https://orders.test',
  issuers: [{ ...issuer('one'), client: basic('the secret of a client') }],
  trust: {
    trustDomain: 'mcp.test',
    issuers: [
      {
        issuer: 'https://mcp.test/mcp',
        jwksUri: 'https://mcp.test/jwks',
        presenters: [{ issuer: 'https://one.test', clientId: 'mcp' }],
      },
    ],
  },
  targets: { ledger_api: { ...target, client: basic('the secret of the client of a target') } },
  ports: { delegatedTokens: shared() },
  audit: { log: new RecordingLog() },
});

/** What reads secrets from where they are kept: the class of `useClass` is the library's to forget. */
@Injectable()
class OptionsFromVault {
  create(): EieOptions {
    return options();
  }
}

const APPLICATIONS: Record<string, ModuleMetadata['imports']> = {
  'with forRoot(), forFeature() and register()': [
    EieModule.forRoot(options()),
    EieModule.forFeature(feature()),
    EieMcpModule.register({ path: 'mcp', ...route }),
    declaringModule('orders_api', 'billing_api'),
  ],
  'with forRootAsync(), forFeatureAsync() and registerAsync(), by factories': [
    EieModule.forRootAsync({ useFactory: () => Promise.resolve(options()) }),
    EieModule.forFeatureAsync({ useFactory: feature }),
    EieMcpModule.registerAsync({ path: 'mcp', useFactory: () => Promise.resolve(route) }),
    declaringModule('orders_api', 'billing_api'),
  ],
  'with sources of issuers and clients': [
    EieModule.forRoot(withSources()),
    EieModule.forFeature(feature()),
    declaringModule('orders_api', 'billing_api', 'inbound', 'sourced'),
  ],
  'with forRootAsync(), by a class': [
    EieModule.forRootAsync({ useClass: OptionsFromVault }),
    declaringModule('orders_api'),
  ],
  'that is a receiver, with forRoot()': [EieReceiverModule.forRoot(receiver()), declaringModule('ledger_api')],
  'that is a receiver, with forRootAsync()': [
    EieReceiverModule.forRootAsync({ useFactory: receiver }),
    declaringModule('ledger_api'),
  ],
};

/** What an intruder finds in an application, each as `secret at path`. */
async function found(imports: ModuleMetadata['imports'], planted: Provider[] = []): Promise<string[]> {
  @Module({ imports: [DiscoveryModule, ...imports!], providers: [Intruder, ...planted] })
  class Application {}
  const app = await NestFactory.create(Application, { logger: false, abortOnError: false });
  await app.init();
  const roots = app.get(Intruder).roots();
  // Which secret it is is asked where there is one: each question is a walk over everything.
  const isClean = !tokensWithin(roots, Object.values(SECRETS)).length;
  const texts = Object.entries(isClean ? {} : SECRETS).flatMap(([name, value]) =>
    tokensWithin(roots, [value]).map(path => `${name} at ${path}`),
  );
  const keys: string[] = [];
  for (const [path, value] of reachable(roots)) if (isPrivate(value)) keys.push(`a private key at ${path}`);
  await app.close();
  return [...texts, ...keys];
}

const isPrivate = (value: unknown): boolean =>
  (value instanceof KeyObject || value instanceof CryptoKey) && value.type !== 'public';

describe('an application', () => {
  it.each(Object.keys(APPLICATIONS))(
    '%s holds no secret where a provider of another module can find it',
    async which => {
      expect(await found(APPLICATIONS[which])).toEqual([]);
    },
  );

  class Careless {
    readonly #hidden = SECRETS['the key of the state'];
    readonly seen = { inside: new Map([['deep', [this.#hidden]]]) };
  }

  it.each<[what: string, planted: Provider | Type, at: RegExp]>([
    [
      'a value',
      { provide: Symbol('planted'), useValue: { set: new Set([{ secret: SECRETS['the secret of a client'] }]) } },
      /^the secret of a client at /,
    ],
    ['a class', Careless, /^the key of the state at .*\.seen\.inside/],
    [
      'what a factory returns',
      { provide: 'planted', useFactory: () => Promise.resolve({ [Symbol('hidden')]: options() }) },
      /^the key that seals at .*Symbol\(hidden\)\.signing\.keys/,
    ],
    [
      'a key that is no text',
      { provide: 'planted', useFactory: () => createPrivateKey({ key: client as never, format: 'jwk' }) },
      /^a private key at /,
    ],
  ])('in which one is planted as %s shows it to the same search', async (_what, planted, at) => {
    const all = await found([EieModule.forRoot(options()), declaringModule('orders_api')], [planted]);
    expect(all).not.toEqual([]);
    expect(all.some(one => at.test(one))).toBe(true);
  });
});
