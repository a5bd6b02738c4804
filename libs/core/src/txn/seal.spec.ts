import { CompactSign, importJWK, type JWK } from 'jose';
import { EieError } from '../errors.js';
import { staticKeys } from '../token/static-keys.js';
import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { MemoryReplayStore } from '../ports/memory-replay-store.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { admit } from '../identity/admitted-identity.js';
import { configuredIdentity } from '../identity/configured-identity.js';
import { issue } from '../identity/issue.js';
import { narrow, type TargetGrant } from '../identity/narrow.js';
import { KeyRing } from './key-ring.js';
import { delegableScopes, openSealed, restrict, type SealTrust, useOnce } from './open.js';
import { EnvelopeSealer, sealEnvelope } from './seal.js';
import { newKeyPair } from '../key-pair.js';

const NOW = 1_800_000_000;
const SERVICE = 'orders_api';
const ISSUER = 'https://mcp.test/mcp';
const target: TargetGrant = {
  name: 'orders_api',
  mode: 'on_behalf_of',
  scopes: ['orders:read', 'orders:write'],
  onward: { stock_api: ['stock:read'] },
};
const other: TargetGrant = { name: 'billing_api', mode: 'service_identity', scopes: ['billing:read'], onward: {} };
const policy = { agents: new Map([['desk', { id: 'agent-desk' }]]) } as unknown as IssuerPolicy;

const token = (changes: object = {}) => ({
  issuer: 'https://as.test',
  sub: 'alice',
  type: 'user' as const,
  audience: [],
  clientId: 'desk',
  tenant: 'acme',
  scopes: ['orders:read', 'billing:read', 'stock:read'],
  roles: ['clerk'],
  act: [],
  confidence: 'verified' as const,
  sid: 's-1',
  acr: '2',
  amr: ['pwd'],
  authTime: NOW - 60,
  issuedAt: NOW - 60,
  expiresAt: NOW + 300,
  ...changes,
});
const envelope = (changes: object = {}, lifetime = 300) =>
  issue(admit(token(changes), policy), {
    issuer: ISSUER,
    traceId: 'a'.repeat(32),
    targets: [target, other],
    lifetime,
    now: NOW,
  });
const partsOf = (value: object) => JSON.parse(JSON.stringify(value)) as Record<string, any>;
const claimsOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, any>;
const headerOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[0]!, 'base64url').toString()) as Record<string, any>;

/** What it makes, without the header that it goes in. */
const sealing = (sealer: EnvelopeSealer) => ({
  seal: async (one: ExecutionIdentityEnvelope, grant: TargetGrant, now: number) =>
    (await sealEnvelope(sealer, one, grant, now)).jws,
});

async function seal(keys: JWK[] = [newKeyPair().privateKey.export({ format: 'jwk' })]) {
  const [privateJwk] = keys;
  const ring = await KeyRing.from(keys);
  const sealer = sealing(new EnvelopeSealer(ring, 'shop.test'));
  const trust: SealTrust = { trustDomain: 'shop.test', issuers: new Map([[ISSUER, staticKeys(ring.jwks as never)]]) };
  /** What the sealer made, with other claims, by the same key. */
  const resealed = async (jws: string, claims: object) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify({ ...claimsOf(jws), ...claims })))
      .setProtectedHeader(headerOf(jws) as never)
      .sign(await importJWK(privateJwk!, ring.jwks.keys[0]!.alg));
  return { sealer, trust, resealed };
}
const refusedAs = (code: string) => expect.objectContaining({ code });

describe('a sealed envelope', () => {
  it.each<[string, object]>([
    ['of a registered agent', {}],
    [
      'of an agent in act',
      {
        act: [
          { issuer: 'https://as.test', sub: 'bot' },
          { issuer: 'https://other.test', sub: 'origin' },
        ],
      },
    ],
    ['of a client without an agent', { clientId: 'unknown' }],
    ['of a service', { type: 'service', sub: 'batch', clientId: 'batch', authTime: undefined }],
    [
      'of a token that says little',
      { tenant: undefined, roles: undefined, sid: undefined, acr: undefined, amr: undefined, authTime: undefined },
    ],
    ['without rights at the target', { scopes: [] }],
  ])('%s opens to what it was, narrowed to its target', async (_what, changes) => {
    const { sealer, trust } = await seal();
    const one = envelope(changes);
    for (const grant of [target, other]) {
      const opened = await openSealed(await sealer.seal(one, grant, NOW), trust, NOW);
      expect(partsOf(opened)).toEqual(partsOf(narrow(one, grant, NOW, 60)));
    }
  });

  it('has at most as many characters as a receiver takes: a longer one is not given', async () => {
    const { sealer, trust } = await seal();
    const withRoles = (count: number) =>
      envelope({ roles: Array.from({ length: count }, (_, i) => `role-${1000 + i}`) });
    const long = await sealer.seal(withRoles(700), target, NOW);
    expect(long.length).toBeGreaterThan(10_000);
    await openSealed(long, trust, NOW);
    await expect(sealer.seal(withRoles(900), target, NOW)).rejects.toMatchObject({ code: 'txn_token_too_large' });
  });

  it('of a configured agent says so', async () => {
    const { sealer, trust } = await seal();
    const { issuer, sub, type, scopes } = token();
    const identity = configuredIdentity({ issuer, sub, type, scopes, clientId: 'cli', agent: 'agent-cli' }, NOW);
    const one = issue(identity, {
      issuer: ISSUER,
      traceId: 'a'.repeat(32),
      targets: [target],
      lifetime: 300,
      now: NOW,
    });
    const opened = await openSealed(await sealer.seal(one, target, NOW), trust, NOW);
    expect(partsOf(opened)).toEqual(partsOf(narrow(one, target, NOW, 60)));
    expect(opened.agent).toMatchObject({ source: 'configuration', id: 'agent-cli' });
    expect(opened.authorization.confidence).toBe('configured');
  });

  it('keeps the identity of the execution: the same txn for every target', async () => {
    const { sealer, trust } = await seal();
    const one = envelope();
    for (const grant of [target, other])
      expect((await openSealed(await sealer.seal(one, grant, NOW), trust, NOW)).meta.id).toBe(one.meta.id);
  });

  it('says no more than its target needs', async () => {
    const { sealer } = await seal();
    const claims = claimsOf(await sealer.seal(envelope(), target, NOW));
    expect(claims).toMatchObject({
      scope: 'orders:read',
      aud: 'shop.test',
      exp: NOW + 60,
      tctx: {
        eie: { mode: 'on_behalf_of', allowed: ['orders_api', 'stock_api'], onward: { stock_api: ['stock:read'] } },
      },
    });
    expect(JSON.stringify(claims)).not.toContain('billing');
  });

  it('gives the same bytes until 15 s before their end, then new ones of the same txn', async () => {
    const { sealer } = await seal();
    const one = envelope();
    const first = await sealer.seal(one, target, NOW);
    expect(await sealer.seal(one, target, NOW + 44)).toBe(first);
    const second = await sealer.seal(one, target, NOW + 45);
    expect(second).not.toBe(first);
    expect(claimsOf(second)).toMatchObject({ txn: claimsOf(first).txn, iat: NOW + 45, exp: NOW + 105 });
    expect(await sealer.seal(envelope(), target, NOW)).not.toBe(first);
    expect(await sealer.seal(one, other, NOW)).not.toBe(first);
  });

  it('is signed anew on a clock that has been set back: no receiver believes a token of the future', async () => {
    const { sealer } = await seal();
    const one = envelope();
    await sealer.seal(one, target, NOW + 30);
    expect(claimsOf(await sealer.seal(one, target, NOW))).toMatchObject({ iat: NOW });
  });

  it('never outlives the envelope, which cannot be sealed once it has expired', async () => {
    const { sealer } = await seal();
    const one = envelope({}, 20);
    expect(claimsOf(await sealer.seal(one, target, NOW)).exp).toBe(NOW + 20);
    expect(claimsOf(await sealer.seal(one, target, NOW + 19)).exp).toBe(NOW + 20);
    await expect(sealer.seal(one, target, NOW + 20)).rejects.toEqual(refusedAs('identity_expired'));
    await expect(sealer.seal(one, { ...other, singleUse: true }, NOW + 20)).rejects.toEqual(
      refusedAs('identity_expired'),
    );
  });

  it('that was received is never signed anew: sealing gives the bytes it came in', async () => {
    const { sealer, trust } = await seal();
    const jws = await sealer.seal(envelope(), target, NOW);
    const opened = await openSealed(jws, trust, NOW);
    expect(await sealer.seal(opened, other, NOW)).toBe(jws);
    const restricted = restrict(opened, SERVICE, ['billing:read']);
    expect(restricted.authorization.scopes).toEqual([]);
    expect(await sealer.seal(restricted, other, NOW)).toBe(jws);
  });

  it('can be sealed with Ed25519 too', async () => {
    const { sealer, trust } = await seal([newKeyPair('ed25519').privateKey.export({ format: 'jwk' })]);
    const jws = await sealer.seal(envelope(), target, NOW);
    expect(headerOf(jws)).toMatchObject({ alg: 'EdDSA', typ: 'txntoken+jwt' });
    expect((await openSealed(jws, trust, NOW)).actor.sub).toBe('alice');
  });

  it('opens for 60 s and not a second longer', async () => {
    const { sealer, trust } = await seal();
    const jws = await sealer.seal(envelope(), target, NOW);
    expect((await openSealed(jws, trust, NOW + 59)).actor.sub).toBe('alice');
    await expect(openSealed(jws, trust, NOW + 60)).rejects.toMatchObject({ code: 'txn_token_expired' });
    await expect(openSealed(jws, trust, NOW - 6)).rejects.toMatchObject({ code: 'txn_token_invalid' });
  });

  it('does not open in another trust domain, for another issuer, or with another key', async () => {
    const [{ sealer, trust }, stranger] = [await seal(), await seal()];
    const jws = await sealer.seal(envelope(), target, NOW);
    const wrong: SealTrust[] = [
      { ...trust, trustDomain: 'other.test' },
      { ...trust, issuers: new Map() },
      stranger.trust,
    ];
    for (const one of wrong)
      await expect(openSealed(jws, one, NOW)).rejects.toMatchObject({ code: 'txn_token_invalid' });
  });

  it('does not open when one character of it is another', async () => {
    const { sealer, trust } = await seal();
    const jws = await sealer.seal(envelope(), target, NOW);
    for (let i = 0; i < jws.length; i += 7) {
      const changed = `${jws.slice(0, i)}${jws[i] === 'A' ? 'B' : 'A'}${jws.slice(i + 1)}`;
      await expect(openSealed(changed, trust, NOW)).rejects.toMatchObject({ code: 'txn_token_invalid' });
    }
  });

  it('says that keys are unavailable when they are, and not that the token is bad', async () => {
    const { sealer, trust } = await seal();
    const down = { holds: () => false, find: () => Promise.reject(new EieError('issuer_unavailable')) };
    await expect(
      openSealed(await sealer.seal(envelope(), target, NOW), { ...trust, issuers: new Map([[ISSUER, down]]) }, NOW),
    ).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  it.each<[string, object, boolean]>([
    ['that lives 300 s', { iat: NOW, exp: NOW + 300 }, true],
    ['that lives 301 s', { iat: NOW, exp: NOW + 301 }, false],
    ['that began long ago and still lives', { iat: NOW - 250, exp: NOW + 60 }, false],
    ['of 5 s ahead', { iat: NOW + 5, exp: NOW + 60 }, true],
    ['of 6 s ahead', { iat: NOW + 6, exp: NOW + 60 }, false],
    ['that is not valid yet', { nbf: NOW + 6 }, false],
    ['whose beginning is no number', { nbf: 'soon' }, false],
  ])('%s (%j) opens: %p, though a trusted server sealed it', async (_what, times, opens) => {
    const { sealer, trust, resealed } = await seal();
    const opened = openSealed(await resealed(await sealer.seal(envelope(), target, NOW), times), trust, NOW);
    await (opens
      ? expect(opened).resolves.toBeDefined()
      : expect(opened).rejects.toEqual(refusedAs('txn_token_invalid')));
  });
});

describe('the scopes for a further call', () => {
  it('are those sealed for its target where the envelope was received, whatever its receiver itself may use', async () => {
    const { sealer, trust } = await seal();
    const opened = await openSealed(await sealer.seal(envelope(), target, NOW), trust, NOW);
    for (const granted of [[], ['orders:read'], ['orders:read', 'stock:read', 'billing:read']]) {
      const received = restrict(opened, SERVICE, granted);
      expect(delegableScopes(received, 'stock_api')).toEqual(['stock:read']);
      for (const name of [SERVICE, 'billing_api', 'constructor', '__proto__'])
        expect(delegableScopes(received, name)).toBeUndefined();
    }
  });

  it('are those of the identity at the server that issued it, and none at a target that the handler did not declare', () => {
    const one = envelope();
    for (const { name } of [target, other]) expect(delegableScopes(one, name)).toBe(one.authorization.scopes);
    for (const name of ['stock_api', 'constructor']) expect(delegableScopes(one, name)).toBeUndefined();
  });
});

describe('whoever wants to know what was sealed', () => {
  it('is told of each envelope once, when it is signed, and of none that is only passed on', async () => {
    const keys = [newKeyPair().privateKey.export({ format: 'jwk' })];
    const { trust } = await seal(keys);
    const told: string[] = [];
    const options = { onSealed: (jws: string) => void told.push(jws) };
    const sealer = sealing(new EnvelopeSealer(await KeyRing.from(keys), 'shop.test', options));
    const one = envelope();
    const sealed = [await sealer.seal(one, target, NOW), await sealer.seal(one, other, NOW)];
    await sealer.seal(one, target, NOW);
    await sealer.seal(await openSealed(sealed[0]!, trust, NOW), other, NOW);
    expect(told).toEqual(sealed);
  });
});

describe('a service that only forwards', () => {
  it('passes on what it received, byte for byte, and signs nothing', async () => {
    const { sealer, trust } = await seal();
    const forwarder = sealing(new EnvelopeSealer(undefined, 'shop.test'));
    const jws = await sealer.seal(envelope(), target, NOW);
    const opened = restrict(await openSealed(jws, trust, NOW), SERVICE, []);
    expect(await forwarder.seal(opened, other, NOW)).toBe(jws);
    expect(await forwarder.seal(opened, { ...other, singleUse: true }, NOW)).toBe(jws);
    await expect(forwarder.seal(envelope(), other, NOW)).rejects.toEqual(refusedAs('identity_forged'));
  });
});

describe('a target that takes each Txn-Token once', () => {
  const once: TargetGrant = { ...target, singleUse: true };

  it('gets one of its own for every call, of the same txn', async () => {
    const { sealer } = await seal();
    const one = envelope();
    const claims = [claimsOf(await sealer.seal(one, once, NOW)), claimsOf(await sealer.seal(one, once, NOW))];
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(2);
    expect(new Set(claims.map(({ txn }) => txn))).toEqual(new Set([one.meta.id]));
    expect(claimsOf(await sealer.seal(one, target, NOW))).not.toHaveProperty('jti');
  });

  it('takes the same one no second time, in whatever restricted form', async () => {
    const { sealer, trust } = await seal();
    const check = { replays: new MemoryReplayStore(10) };
    const jws = await sealer.seal(envelope(), once, NOW);
    await useOnce(restrict(await openSealed(jws, trust, NOW), SERVICE, []), SERVICE, check, NOW);
    const again = await openSealed(jws, trust, NOW + 59);
    await expect(useOnce(again, SERVICE, check, NOW + 59)).rejects.toEqual(refusedAs('txn_token_replayed'));
    const another = await openSealed(await sealer.seal(envelope(), once, NOW), trust, NOW);
    await expect(useOnce(another, SERVICE, check, NOW)).resolves.toBeUndefined();
  });

  it('takes none of a caller that is at its limit, and says so', async () => {
    const { sealer, trust } = await seal();
    const check = { replays: new MemoryReplayStore(1) };
    const [first, second] = [await sealer.seal(envelope(), once, NOW), await sealer.seal(envelope(), once, NOW)];
    await useOnce(await openSealed(first, trust, NOW), SERVICE, check, NOW);
    const opened = await openSealed(second, trust, NOW);
    await expect(useOnce(opened, SERVICE, check, NOW)).rejects.toEqual(refusedAs('limit_reached'));
  });

  it('takes none without an id, and knows the same id of another server for another one', async () => {
    const { sealer, trust, resealed } = await seal();
    const check = { replays: new MemoryReplayStore(10) };
    const plain = await openSealed(await sealer.seal(envelope(), target, NOW), trust, NOW);
    await expect(useOnce(plain, SERVICE, check, NOW)).rejects.toEqual(refusedAs('txn_token_invalid'));
    const jws = await sealer.seal(envelope(), once, NOW);
    const elsewhere = await resealed(jws, { iss: 'https://two.test', req_wl: 'https://two.test' });
    const both: SealTrust = {
      ...trust,
      issuers: new Map([
        [ISSUER, trust.issuers.get(ISSUER)!],
        ['https://two.test', trust.issuers.get(ISSUER)!],
      ]),
    };
    await useOnce(await openSealed(jws, both, NOW), SERVICE, check, NOW);
    const other = await openSealed(elsewhere, both, NOW);
    await expect(useOnce(other, SERVICE, check, NOW)).resolves.toBeUndefined();
  });
});
