import { type KeyObject } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { issuerPolicy, type JwkSet, type PublicJwk, staticKeys, verifyAccessToken } from 'execution-identity';
import { SignJWT } from 'jose';
import { type AuditReason, Authenticated, Identity, type IssuerOptions } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';
import { newKeyPair } from '../support/key-pair.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

const rsa = () => newKeyPair('rsa', { modulusLength: 2048 });
const [first, second, stranger] = [rsa(), rsa(), rsa()];
const edwards = newKeyPair('ed25519');
const jwk = ({ publicKey }: { publicKey: KeyObject }, more: object): PublicJwk => ({
  ...publicKey.export({ format: 'jwk' }),
  ...more,
});

const issuer = (name: string, jwks: JwkSet) =>
  ({
    issuer: `https://${name}.test`,
    jwks,
    algorithms: ['RS256', 'RS384', 'RS512', 'EdDSA', 'Ed25519'],
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
  }) satisfies IssuerOptions;

/** Key sets as providers publish them. */
const OPENAM = issuer('openam', {
  keys: [
    jwk(first, { kid: 'one', alg: 'RS256', use: 'sig' }),
    jwk(first, { kid: 'one', alg: 'RS384', use: 'sig' }),
    jwk(second, { kid: 'one', alg: 'RS512', use: 'sig' }),
    jwk(stranger, { kid: 'one', alg: 'RSA-OAEP-256', use: 'enc' }),
    jwk(edwards, { kid: 'one', alg: 'EdDSA' }),
  ],
});
const MANY = issuer('many', {
  keys: [
    ...Array.from({ length: 999 }, (_, i) => jwk(second, { kid: `${i}` })),
    jwk(edwards, { kid: 'last', alg: 'Ed25519' }),
  ],
});

const sign = (by: { issuer: string }, header: { alg: string; kid: string; [name: string]: unknown }, key: KeyObject) =>
  new SignJWT({ iss: by.issuer, aud: MCP, sub: 'alice', client_id: 'app', sub_profile: 'user' })
    .setProtectedHeader({ typ: 'at+jwt', ...header })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key);

const CASES: [what: string, reason: AuditReason | undefined, token: () => Promise<string>][] = [
  ['RS256 by its key', undefined, () => sign(OPENAM, { alg: 'RS256', kid: 'one' }, first.privateKey)],
  ['RS384 by its key', undefined, () => sign(OPENAM, { alg: 'RS384', kid: 'one' }, first.privateKey)],
  ['RS512 by its key', undefined, () => sign(OPENAM, { alg: 'RS512', kid: 'one' }, second.privateKey)],
  [
    'RS512 by the key that the kid has for RS256',
    'signature_invalid',
    () => sign(OPENAM, { alg: 'RS512', kid: 'one' }, first.privateKey),
  ],
  [
    'RS256 by the key that the kid has for encryption',
    'signature_invalid',
    () => sign(OPENAM, { alg: 'RS256', kid: 'one' }, stranger.privateKey),
  ],
  ['EdDSA by the same kid', undefined, () => sign(OPENAM, { alg: 'EdDSA', kid: 'one' }, edwards.privateKey)],
  [
    'Ed25519 by a key that says EdDSA',
    undefined,
    () => sign(OPENAM, { alg: 'Ed25519', kid: 'one' }, edwards.privateKey),
  ],
  ['EdDSA by a key that says Ed25519', undefined, () => sign(MANY, { alg: 'EdDSA', kid: 'last' }, edwards.privateKey)],
  ['a key among 1,000', undefined, () => sign(MANY, { alg: 'RS256', kid: '500' }, second.privateKey)],
  ['a kid that is not among 1,000', 'key_unknown', () => sign(MANY, { alg: 'RS256', kid: '1000' }, second.privateKey)],
  [
    'a header with jku, x5u, x5c and jwk (SAP XSUAA, gematik)',
    undefined,
    () =>
      sign(
        OPENAM,
        {
          alg: 'RS256',
          kid: 'one',
          jku: 'https://shop.authentication.test/token_keys',
          x5u: 'https://keys.test/chain.pem',
          x5c: ['MIIB'],
          jwk: stranger.publicKey.export({ format: 'jwk' }),
        },
        first.privateKey,
      ),
  ],
];

describe.each(ADAPTERS)('keys as providers publish them, on %s', adapter => {
  let world: World;
  let app: TestApp;
  const issuers = new Map(
    [OPENAM, MANY].map(({ issuer: name, jwks, algorithms, actorType }) => [
      name,
      issuerPolicy({ issuer: name, keys: staticKeys(jwks), algorithms, audience: [MCP], user: actorType.user }),
    ]),
  );

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, { adapter, controllers: [MeController], options: { issuers: [OPENAM, MANY] } });
  });
  afterAll(() => Promise.all([app.close(), world.close()]));

  it.each(CASES)(
    'a token with %s: %s means it is let in, at the boundary and in core alike',
    async (_what, reason, make) => {
      const token = await make();
      const response = await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${token}` } });
      const verdict = await verifyAccessToken(token, issuers).then(
        ({ sub }) => sub,
        ({ code }: { code: string }) => code,
      );
      expect(response.status).toBe(reason ? 401 : 200);
      expect(verdict).toBe(reason ?? 'alice');
      if (reason) expect(app.auditLog.events.at(-1)).toMatchObject({ type: 'admission.refused', reason });
    },
  );
});
