import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Authenticated, DelegatesTo, type TargetOptions } from 'nestjs-eie';
import { EieReceiverModule, type EieReceiverOptions } from 'nestjs-eie/receiver';
import { newKeyPair } from '../support/key-pair.js';

const ORDERS = 'https://orders.shop.test';
const MCP = 'https://mcp.shop.test/mcp';
const issuer = (name: string) => ({
  issuer: name,
  jwksUri: `${name}/jwks`,
  algorithms: ['ES256' as const],
  actorType: { user: { claim: 'username' } },
});
const options: EieReceiverOptions = {
  service: 'orders_api',
  resource: ORDERS,
  issuers: [
    {
      ...issuer('https://as.test'),
      client: { clientId: 'orders-service', auth: { method: 'client_secret_basic', secret: 'secret' } },
    },
    issuer('https://other.test'),
  ],
  trust: {
    trustDomain: 'shop.test',
    issuers: [
      {
        issuer: MCP,
        jwksUri: 'https://mcp.shop.test/.well-known/jwks.json',
        presenters: [{ issuer: 'https://as.test', clientId: 'mcp-server' }],
      },
    ],
  },
};
const withPresenters = (presenters: unknown) => ({
  trust: { ...options.trust, issuers: [{ ...options.trust.issuers[0], presenters }] },
});
const withKeys = (keys: unknown[]) => ({
  trust: {
    ...options.trust,
    issuers: [{ issuer: MCP, jwks: { keys }, presenters: options.trust.issuers[0]!.presenters }],
  },
});
const ledger: TargetOptions = {
  mode: 'service_identity',
  baseUrl: 'https://ledger.shop.test',
  issuer: 'https://as.test',
  resource: 'https://ledger.shop.test',
  scopes: ['ledger:read'],
};
@Controller('entries')
class EntriesController {
  @Get()
  @Authenticated()
  @DelegatesTo('ledger_api')
  list() {}
}

const boot = async (changes: object) => {
  const module = await Test.createTestingModule({
    // Nothing declares a target where there is none.
    controllers: 'targets' in changes ? [EntriesController] : [],
    imports: [EieReceiverModule.forRoot({ ...options, ...changes })],
  })
    .setLogger(false as never)
    .compile();
  const app = module.createNestApplication({ logger: false });
  await app.init();
  await app.close();
};

describe('a receiver that calls onward', () => {
  it('boots with targets that it calls as itself, and without any', async () => {
    await boot({ targets: { ledger_api: ledger } });
    await boot({});
  });

  it.each<[string, Partial<TargetOptions>, RegExp]>([
    [
      'has no token of a user to exchange',
      { mode: 'on_behalf_of' },
      /targets\.ledger_api\.mode must be "service_identity"/,
    ],
    [
      'has none to issue anew',
      { mode: 'restricted_user', reason: 'cannot read the act claim' },
      /targets\.ledger_api\.mode must be "service_identity"/,
    ],
    ['gives Txn-Tokens no ids', { singleUse: true }, /targets\.ledger_api\.singleUse must be left out/],
    ['passes no approval on', { carriesApproval: true }, /targets\.ledger_api\.carriesApproval must be left out/],
    [
      'names nobody further',
      { onward: { archive_api: ['archive:read'] } },
      /targets\.ledger_api\.onward must be left out/,
    ],
    [
      'needs to be a client',
      { issuer: 'https://other.test' },
      /targets\.ledger_api needs a token of https:\/\/other\.test: configure issuers\[\]\.client/,
    ],
  ])('%s: else it does not boot', async (_what, changes, message) => {
    await expect(boot({ targets: { ledger_api: { ...ledger, ...changes } } })).rejects.toThrow(message);
  });
});

describe('the options of a receiver', () => {
  it.each<[object, RegExp]>([
    [{ trust: { ...options.trust, singleUse: 'yes' } }, /trust\.singleUse must be true or false/],
    [
      withPresenters([{ issuer: 'https://as.test', clientId: 'mcp-server', forwards: 'yes' }]),
      /trust\.issuers\[0\]\.presenters\[0\]\.forwards must be true or false/,
    ],
    [
      { trust: { ...options.trust, issuers: [{ ...options.trust.issuers[0], maxKeyAge: 599 }] } },
      /trust\.issuers\[0\]\.maxKeyAge must be a number of seconds from 600 to 604800/,
    ],
    [withPresenters([]), /trust\.issuers\[0\]\.presenters must say which OAuth client the sealing server is/],
    [
      { issuers: [{ ...options.issuers[0]!, dpop: 'required' }] },
      /issuers\[\]\.dpop of https:\/\/as\.test must be left out/,
    ],
    [
      { trust: { ...options.trust, issuers: [...options.trust.issuers, { ...options.trust.issuers[0] }] } },
      /trust\.issuers must not name a sealing server twice: remove one of the two, or make them one with all presenters/,
    ],
    [
      withPresenters([{ issuer: 'https://as.test/', clientId: 'mcp-server' }]),
      /presenters of https:\/\/mcp\.shop\.test\/mcp name https:\/\/as\.test\/ as the issuer of mcp-server, which is not among issuers\[\].*must be one of https:\/\/as\.test, https:\/\/other\.test,/,
    ],
    [
      { issuers: [{ ...options.issuers[0]!, opaqueTokens: true }] },
      /issuers\[\]\.opaqueTokens of https:\/\/as\.test must be left out: a receiver asks no issuer about a token/,
    ],
    [
      withKeys([]),
      /trust\.issuers\[\]\.jwks holds no usable public signature key.*that of https:\/\/mcp\.shop\.test\/mcp/,
    ],
    [{ targets: 'ledger_api' }, /targets must map target names to targets/],
  ])('%j stop the boot', async (changes, message) => {
    await expect(boot(changes)).rejects.toThrow(message);
  });

  it('may hold a key that nobody can read beside one that is good', async () => {
    const [key, other] = [newKeyPair(), newKeyPair()].map(({ publicKey }) => publicKey.export({ format: 'jwk' }));
    await boot(
      withKeys([
        { ...key, kid: 'odd', key_ops: 7 },
        { ...other, kid: 'good' },
      ]),
    );
  });
});
