import { admit } from '../identity/admitted-identity.js';
import { type Approval, approvedArguments } from '../identity/approval.js';
import { approvalCovers } from '../identity/approval-covers.js';
import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { issue } from '../identity/issue.js';
import { narrow, type TargetGrant } from '../identity/narrow.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { staticKeys } from '../token/static-keys.js';
import { KeyRing } from './key-ring.js';
import { openSealed, restrict, type SealTrust } from './open.js';
import { EnvelopeSealer, sealEnvelope } from './seal.js';
import { newKeyPair } from '../key-pair.js';

const [NOW, ISSUER, LOGIN] = [1_800_000_000, 'https://mcp.test/mcp', 'https://as.test'];
const ARGS = { order: 'A-1', amount: 120 };
const approval: Approval = {
  id: 'a'.repeat(32),
  by: 'another',
  approver: { issuer: LOGIN, sub: 'carol' },
  approved_at: NOW - 10,
  expires_at: NOW + 590,
  args_digest: approvedArguments('a'.repeat(32), ARGS)!,
};
const plain: TargetGrant = { name: 'orders_api', mode: 'on_behalf_of', scopes: ['orders:write'], onward: {} };
const carrying: TargetGrant = { ...plain, carriesApproval: true };

const admitted = () =>
  admit(
    {
      issuer: LOGIN,
      sub: 'alice',
      type: 'user',
      audience: [],
      clientId: 'desk',
      scopes: ['orders:write', 'stock:read'],
      act: [],
      confidence: 'verified',
      issuedAt: NOW,
      expiresAt: NOW + 300,
    },
    { agents: new Map() } as unknown as IssuerPolicy,
  );
const issued = (used?: Approval, identity = admitted()) =>
  issue(identity, { issuer: ISSUER, traceId: 't', targets: [carrying], approval: used, lifetime: 300, now: NOW });

async function sealing() {
  const ring = await KeyRing.from([newKeyPair().privateKey.export({ format: 'jwk' })]);
  const sealer = new EnvelopeSealer(ring, 'shop.test');
  const trust: SealTrust = { trustDomain: 'shop.test', issuers: new Map([[ISSUER, staticKeys(ring.jwks as never)]]) };
  const seal = async (one: ExecutionIdentityEnvelope, target: TargetGrant) =>
    (await sealEnvelope(sealer, one, target, NOW)).jws;
  return { seal, open: (jws: string) => openSealed(jws, trust, NOW) };
}
const claimsOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, any>;

describe('the approval of a call', () => {
  it('stands in the envelope of that call, frozen, and in no other one of the same identity', () => {
    const identity = admitted();
    const envelope = issued(approval, identity);
    expect(envelope.approval).toEqual(approval);
    for (const part of [envelope.approval, envelope.approval!.approver]) expect(Object.isFrozen(part)).toBe(true);
    expect(issued(undefined, identity)).not.toHaveProperty('approval');
    expect(JSON.stringify(issued(undefined, identity))).not.toContain('approval');
  });

  it('is left out for every target that was not told to get it', () => {
    expect(narrow(issued(approval), plain, NOW, 60)).not.toHaveProperty('approval');
    expect(narrow(issued(approval), { ...plain, singleUse: true }, NOW, 60)).not.toHaveProperty('approval');
    expect(narrow(issued(approval), carrying, NOW, 60).approval).toEqual(approval);
  });

  it('is sealed in a token of its own for each call, though the target does not say singleUse', async () => {
    const { seal, open } = await sealing();
    const envelope = issued(approval);
    const [first, second] = [await seal(envelope, carrying), await seal(envelope, carrying)];
    expect(claimsOf(first).jti).not.toBe(claimsOf(second).jti);
    expect((await open(first)).approval).toEqual(approval);
    expect(claimsOf(await seal(issued(), carrying))).toMatchObject({ jti: expect.any(String) });
  });

  it('says nothing of the arguments, nor who stood at a client that says that somebody did', async () => {
    const { seal } = await sealing();
    const { approver: _nobody, ...byClient } = { ...approval, by: 'client' as const };
    const text = JSON.stringify(claimsOf(await seal(issued(byClient), carrying)).tctx.eie.approval);
    expect(text).not.toMatch(/A-1|120|carol|alice/);
  });

  it('is not opened where it would reach a second service', async () => {
    const { seal, open } = await sealing();
    const onward = { ...carrying, onward: { stock_api: ['stock:read'] } };
    await expect(open(await seal(issued(approval), onward))).rejects.toMatchObject({ code: 'txn_token_invalid' });
    await expect(open(await seal(issued(), onward))).resolves.toBeDefined();
  });

  it('counts for nothing at a service that does not say that it does', async () => {
    const { seal, open } = await sealing();
    const opened = await open(await seal(issued(approval), carrying));
    expect(restrict(opened, 'orders_api', [])).not.toHaveProperty('approval');
    expect(restrict(opened, 'orders_api', [], () => true).approval).toEqual(approval);
  });

  it('covers its own arguments, in whatever order, and no others', () => {
    const envelope = issued(approval);
    expect(approvalCovers(envelope, { amount: 120, order: 'A-1' })).toBe(true);
    for (const other of [{ ...ARGS, amount: 1200 }, { order: 'A-1' }, { ...ARGS, more: null }, {}, undefined, Infinity])
      expect(approvalCovers(envelope, other)).toBe(false);
    expect(approvalCovers(envelope, { ...ARGS, amount: 120n })).toBe(false);
    expect(approvalCovers(issued(), ARGS)).toBe(false);
    expect(() => approvalCovers({ ...envelope } as never, ARGS)).toThrow(
      expect.objectContaining({ code: 'identity_forged' }),
    );
  });

  it('has a digest that is another one for each approval of the same arguments', () => {
    expect(approvedArguments('b'.repeat(32), ARGS)).not.toBe(approval.args_digest);
    expect(approvedArguments('a'.repeat(32), { amount: 120, order: 'A-1' })).toBe(approval.args_digest);
  });
});
