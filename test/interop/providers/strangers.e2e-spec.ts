import { startProviderApp } from './application.js';
import { FIXTURES, issuerOf, type TokenFixture } from './fixture.js';
import { providerKeys } from './sign.js';

/** Whose tokens an issuer makes for everybody, and what a stranger's say instead. */
const SHARED: [name: string, changes: Record<string, unknown>][] = [
  [
    'github-actions',
    { repository: 'mallory/evil', repository_owner: 'mallory', sub: 'repo:mallory/evil:ref:refs/heads/main' },
  ],
  ['gitlab-ci', { namespace_path: 'mallory', project_path: 'mallory/evil' }],
  ['hcp-terraform', { terraform_organization_id: 'org-mallory', terraform_workspace_id: 'ws-mallory' }],
  ['buildkite', { organization_slug: 'mallory', pipeline_slug: 'evil' }],
  [
    'kubernetes',
    {
      'kubernetes.io': { namespace: 'mallory', serviceaccount: { name: 'my-serviceaccount', uid: '1' } },
      sub: 'system:serviceaccount:mallory:my-serviceaccount',
    },
  ],
];

describe('an issuer that everybody can get tokens from', () => {
  it('kubernetes has two clients where two namespaces have a service account of the same name', async () => {
    const fixture = FIXTURES.find(one => one.name === 'kubernetes')!;
    const keys = providerKeys('RS256');
    const { jwksUri: _, ...options } = issuerOf(fixture);
    const service = { claim: ['kubernetes.io', 'namespace'], values: ['shop', 'billing'] };
    const actorType = { ...options.actorType, service };
    const app = await startProviderApp({ issuer: { ...options, actorType, jwks: keys.jwks }, hosts: {} });
    for (const namespace of ['shop', 'billing']) {
      const name = `system:serviceaccount:${namespace}:default`;
      const account = { namespace, serviceaccount: { name: 'default', uid: '1' } };
      const changes = { 'kubernetes.io': { to: account, why: 'of each' }, sub: { to: name, why: 'of each' } };
      expect(await app.present(await keys.sign({ ...(fixture.service as TokenFixture), changes }))).toMatchObject({
        sub: name,
        client: name,
      });
    }
    await app.close();
  });

  it.each(SHARED)('%s lets in nobody whom the recipe does not name', async (name, said) => {
    const fixture = FIXTURES.find(one => one.name === name)!;
    const token = fixture.service as TokenFixture;
    const keys = providerKeys('RS256');
    const { jwksUri: _, ...options } = issuerOf(fixture);
    const app = await startProviderApp({ issuer: { ...options, jwks: keys.jwks }, hosts: {} });
    const changes = Object.fromEntries(Object.entries(said).map(([claim, to]) => [claim, { to, why: 'a stranger' }]));
    expect(await app.present(await keys.sign(token))).toEqual(token.expect);
    expect(await app.present(await keys.sign({ ...token, changes }))).toBe('actor_unclassified');
    await app.close();
  });
});
