import { issuerPolicy, staticKeys, verifyAccessToken } from 'execution-identity';
import { type IssuerOptions } from 'nestjs-eie';
import { FIXTURES, issuerOf } from '../interop/providers/fixture.js';
import { type DocumentedToken, having, jwt } from '../presets/fixtures/tokens.js';
import { jwks, MeModule, sign } from '../presets/providers.js';
import { type DoorApp, startDoor } from '../support/door.js';
import { MCP, startWorld, type World } from '../support/world.js';

const OURS = 'job@shop.iam.gserviceaccount.com';

/** Service accounts of Google: anybody can make one, and it gets a token for any audience. Each is its own client. */
const google: IssuerOptions = {
  issuer: 'https://accounts.google.com',
  jwks,
  algorithms: ['RS256'],
  accessTokenClaim: { claim: 'email' },
  claims: { clientId: 'azp' },
  actorType: { user: { claim: 'sub', values: [] }, service: { claim: 'email', values: [OURS] } },
};
const googleToken = jwt({ iss: google.issuer, aud: MCP, azp: '1123', sub: '1123', email: OURS });

/** A job of Buildkite chooses its subject among its claims (`--subject-claim`). */
const { jwksUri: _uri, ...recipe } = issuerOf(FIXTURES.find(({ name }) => name === 'buildkite')!);
const buildkite: IssuerOptions = { ...recipe, jwks, audience: [MCP], claims: { clientId: 'pipeline_id' } };
const job = jwt({ iss: buildkite.issuer, aud: MCP, job_id: 'j', pipeline_id: 'p1', organization_slug: 'acme-inc' });

const CASES: [what: string, verdict: 'service' | 'actor_unclassified', token: DocumentedToken][] = [
  ['the service account that is named', 'service', googleToken],
  [
    'the service account of somebody else',
    'actor_unclassified',
    having(googleToken, { azp: '666', sub: '666', email: 'job@another.iam.gserviceaccount.com' }),
  ],
  ['a job of the organization that is named', 'service', having(job, { sub: 'organization:acme-inc:pipeline:p1' })],
  ['the same job under the name of its client', 'service', having(job, { sub: 'p1' })],
  [
    'a job of another organization under the name of its client',
    'actor_unclassified',
    having(job, { sub: 'p1', organization_slug: 'another' }),
  ],
];

describe('where everybody gets tokens of one issuer, and the operator says whose services are taken', () => {
  let world: World;
  let door: DoorApp;
  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, { imports: [MeModule], options: { issuers: [google, buildkite] } });
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  const policies = new Map(
    [google, buildkite].map(({ issuer, algorithms, accessTokenClaim, claims, actorType }) => [
      issuer,
      issuerPolicy({
        issuer,
        algorithms,
        accessTokenClaim: accessTokenClaim!,
        claims: claims!,
        keys: staticKeys(jwks),
        audience: [MCP],
        ...actorType,
      }),
    ]),
  );

  it.each(CASES)('%s: %s, at the boundary and in core alike', async (_what, verdict, token) => {
    const signed = await sign(token);
    const { status, body, records } = await door.send(['Authorization', `Bearer ${signed}`], { path: '/me' });
    const { actor } = JSON.parse(body) as { actor?: { type: string } };
    const core = await verifyAccessToken(signed, policies).then(
      ({ type }) => type,
      ({ code }: { code: string }) => code,
    );
    expect(status === 200 ? actor!.type : records.at(-1)?.reason).toBe(verdict);
    expect(core).toBe(verdict);
  });
});
