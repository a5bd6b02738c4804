import {
  EieError,
  issuerPolicy,
  MemoryReplayStore,
  type ReceiverPolicy,
  refusalLine,
  remoteKeys,
  staticKeys,
  verifyDelegatedCall,
} from 'execution-identity';
import { decodeJwt } from 'jose';
import { type DelegatedCall, startDelegatedCall } from '../support/delegated-call.js';
import { newKeyPair } from '../support/key-pair.js';
import { MCP, ORDERS, SERVER_CLIENT, TRUST_DOMAIN, type World } from '../support/world.js';

describe('the operator of a receiver is told what keeps a call out', () => {
  let world: World;
  let call: DelegatedCall | undefined;
  /** Of a real call. */
  let headers: Record<string, string>;

  const issuer = (tenants = ['acme']) =>
    issuerPolicy({
      issuer: world.issuer,
      keys: remoteKeys(world.jwksUri),
      algorithms: ['ES256'],
      audience: [ORDERS],
      tenants,
      user: { claim: 'sub_profile', values: ['user'] },
    });
  const policy = (changes: Partial<ReceiverPolicy> = {}): ReceiverPolicy => ({
    service: 'orders_api',
    issuers: new Map([[world.issuer, issuer()]]),
    trust: { trustDomain: TRUST_DOMAIN, issuers: new Map([[MCP, staticKeys(world.sealing.jwks)]]) },
    presenters: [presenter()],
    ...changes,
  });
  const presenter = (changes: Partial<ReceiverPolicy['presenters'][number]> = {}) => ({
    workload: MCP,
    issuer: world.issuer,
    clientId: SERVER_CLIENT,
    ...changes,
  });
  const lineOf = (changes: Partial<ReceiverPolicy>, now?: number, sent = headers): Promise<string> =>
    verifyDelegatedCall(sent, policy(changes), now).then(
      () => 'it was let in',
      (error: unknown) => (error instanceof EieError ? refusalLine(error).message : String(error)),
    );

  beforeAll(async () => {
    call = await startDelegatedCall();
    ({ world, headers } = call);
  });
  afterAll(() => call?.close());

  it('nothing does, where all of it is right', async () => {
    expect(await lineOf({})).toBe('it was let in');
  });

  it('a clock that is behind that of the sealing server, and by how much', async () => {
    const { iat } = JSON.parse(Buffer.from(headers['txn-token']!.split('.')[1]!, 'base64url').toString()) as {
      iat: number;
    };
    const line = await lineOf({}, iat - 10);
    expect(line).toMatch(/^txn_token_invalid .*"iat"/);
    expect(line).toContain('It is 10 s ahead of the clock of this machine: compare the clocks.');
  });

  it('a tenant that only one of both names, and not the agents', async () => {
    const { tenant: _tenant, ...claims } = decodeJwt(headers.authorization!.slice('Bearer '.length));
    const withoutTenant = { ...headers, authorization: `Bearer ${world.sign(claims, { typ: 'at+jwt' })}` };
    const issuers = new Map([[world.issuer, issuer([])]]);
    const line = await lineOf({ issuers }, undefined, withoutTenant);
    expect(line).toMatch(/^credential_mismatch /);
    expect(line).toContain('Both are of the same user, but not of the same tenant, or one names none');
    expect(line).not.toContain('acme');
  });

  it('a target that seals no token for one use', async () => {
    const line = await lineOf({ replays: new MemoryReplayStore(10) });
    expect(line).toMatch(/^txn_token_invalid /);
    expect(line).toContain('this one has no "jti": set singleUse at the target of the caller');
  });

  it('another key under the name of the one that has sealed', async () => {
    const other = { ...newKeyPair().publicKey.export({ format: 'jwk' }), kid: 'seal-1' };
    const trust = { trustDomain: TRUST_DOMAIN, issuers: new Map([[MCP, staticKeys({ keys: [other] })]]) };
    expect(await lineOf({ trust })).toContain('The signature is not by the key of this "kid" that is trusted here');
  });

  it.each<[what: string, presenters: () => ReceiverPolicy['presenters'], fix: () => string]>([
    [
      'a client that is no presenter',
      () => [presenter({ clientId: 'another' })],
      () => `Add the client ${SERVER_CLIENT} of ${world.issuer} to presenters of that server`,
    ],
    [
      'a presenter of another spelling of its issuer',
      () => [presenter({ issuer: `${world.issuer}/` })],
      () =>
        `Its presenters name ${world.issuer}/ as the issuer, and not the client ${SERVER_CLIENT} of ${world.issuer}.`,
    ],
    [
      'a presenter of another server',
      () => [presenter({ workload: `${MCP}/` })],
      () => `stands under the server ${MCP}/ alone`,
    ],
    [
      'a presenter that only passes calls on',
      () => [presenter({ forwards: true })],
      () => 'a presenter with "forwards: true" is not the server itself. Add one without it.',
    ],
  ])('%s', async (_what, presenters, fix) => {
    const line = await lineOf({ presenters: presenters() });
    expect(line).toMatch(/^credential_mismatch /);
    expect(line).toContain(fix());
  });
});
