import { generateKeyPairSync } from 'node:crypto';
import { type JWK } from 'jose';
import { EieError } from '../eie.error.js';
import { staticKeys } from '../token/key-source.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { admit, issue, narrow, type TargetGrant } from './issue.js';
import { KeyRing } from './key-ring.js';
import { EnvelopeSealer, openSealed, restrict, type SealTrust } from './seal.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://mcp.test/mcp';
const target: TargetGrant = { name: 'orders_api', mode: 'on_behalf_of', scopes: ['orders:read', 'orders:write'], onward: { stock_api: ['stock:read'] } };
const other: TargetGrant = { name: 'billing_api', mode: 'service_identity', scopes: ['billing:read'], onward: {} };
const policy = { agents: new Map([['desk', 'agent-desk']]) } as unknown as IssuerPolicy;

const token = (changes: object = {}) => ({
  issuer: 'https://as.test', sub: 'alice', type: 'user' as const, clientId: 'desk', tenant: 'acme', scopes: ['orders:read', 'billing:read'], roles: ['clerk'],
  act: [], confidence: 'verified' as const, sid: 's-1', acr: '2', amr: ['pwd'], authTime: NOW - 60, issuedAt: NOW - 60, expiresAt: NOW + 300, ...changes,
});
const envelope = (changes: object = {}, lifetime = 300) => issue(admit(token(changes), policy), { issuer: ISSUER, traceId: 'a'.repeat(32), targets: [target, other], lifetime, now: NOW });
const partsOf = (value: object) => JSON.parse(JSON.stringify(value)) as Record<string, any>;
const claimsOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, any>;
const headerOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[0]!, 'base64url').toString()) as Record<string, any>;

async function seal(keys?: JWK[]): Promise<{ sealer: EnvelopeSealer; trust: SealTrust }> {
  const ring = keys ? await KeyRing.from(keys) : await KeyRing.ephemeral();
  return { sealer: new EnvelopeSealer(ring, 'shop.test'), trust: { trustDomain: 'shop.test', issuers: new Map([[ISSUER, staticKeys(ring.jwks as never)]]) } };
}

describe('a sealed envelope', () => {
  it.each<[string, object]>([
    ['of a registered agent', {}],
    ['of an agent in act', { act: [{ issuer: 'https://as.test', sub: 'bot' }, { issuer: 'https://other.test', sub: 'origin' }] }],
    ['of a client without an agent', { clientId: 'unknown' }],
    ['of a service', { type: 'service', sub: 'batch', clientId: 'batch', authTime: undefined }],
    ['of a token that says little', { tenant: undefined, roles: undefined, sid: undefined, acr: undefined, amr: undefined, authTime: undefined }],
    ['without rights at the target', { scopes: [] }],
  ])('%s opens to what it was, narrowed to its target', async (_what, changes) => {
    const { sealer, trust } = await seal();
    const opened = await openSealed(await sealer.seal(envelope(changes), target, NOW), trust, NOW);
    const { meta, ...narrowed } = partsOf(narrow(envelope(changes), target, NOW, 60));
    expect(partsOf(opened)).toEqual({ ...narrowed, meta: { ...meta, id: opened.meta.id } });
  });

  it('keeps the identity of the execution: the same txn for every target', async () => {
    const { sealer, trust } = await seal();
    const one = envelope();
    for (const grant of [target, other]) expect((await openSealed(await sealer.seal(one, grant, NOW), trust, NOW)).meta.id).toBe(one.meta.id);
  });

  it('says no more than its target needs', async () => {
    const { sealer } = await seal();
    const claims = claimsOf(await sealer.seal(envelope(), target, NOW));
    expect(claims).toMatchObject({ scope: 'orders:read', aud: 'shop.test', exp: NOW + 60, tctx: { eie: { mode: 'on_behalf_of', allowed: ['orders_api', 'stock_api'] } } });
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

  it('never outlives the envelope', async () => {
    const { sealer } = await seal();
    expect(claimsOf(await sealer.seal(envelope({}, 20), target, NOW)).exp).toBe(NOW + 20);
  });

  it('that was received is never signed anew: sealing gives the bytes it came in', async () => {
    const { sealer, trust } = await seal();
    const jws = await sealer.seal(envelope(), target, NOW);
    const opened = await openSealed(jws, trust, NOW);
    expect(await sealer.seal(opened, other, NOW)).toBe(jws);
    const restricted = restrict(opened, ['billing:read']);
    expect(restricted.authorization.scopes).toEqual([]);
    expect(await sealer.seal(restricted, other, NOW)).toBe(jws);
  });

  it('can be sealed with Ed25519 too', async () => {
    const { sealer, trust } = await seal([generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })]);
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
    const wrong: SealTrust[] = [{ ...trust, trustDomain: 'other.test' }, { ...trust, issuers: new Map() }, stranger.trust];
    for (const one of wrong) await expect(openSealed(jws, one, NOW)).rejects.toMatchObject({ code: 'txn_token_invalid' });
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
    await expect(openSealed(await sealer.seal(envelope(), target, NOW), { ...trust, issuers: new Map([[ISSUER, down]]) }, NOW)).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });
});
