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
